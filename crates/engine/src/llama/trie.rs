//! Token sequences that share their beginnings.

use std::collections::BTreeMap;

/// A token id.
pub(crate) type Token = i32;

/// The root's index.
pub(crate) const ROOT: usize = 0;

/// A node: a token after its parent's tokens.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// The token; of the root, 0.
    pub token: Token,
    /// Tokens from the root, the root being 0.
    pub depth: usize,
    /// Parent; the root is its own.
    pub parent: usize,
    /// Children by token.
    pub children: BTreeMap<Token, usize>,
    /// Sequences that end here.
    pub ends: Vec<usize>,
}

/// A trie of token sequences.
#[derive(Debug)]
pub(crate) struct TokenTrie {
    nodes: Vec<Node>,
    leaves: Vec<usize>,
    total: usize,
}

impl TokenTrie {
    /// Builds the trie; sequence `i` is known by `i`.
    pub(crate) fn new<'a>(sequences: impl IntoIterator<Item = &'a [Token]>) -> Self {
        let mut trie = Self { nodes: vec![Node::default()], leaves: Vec::new(), total: 0 };
        for (i, sequence) in sequences.into_iter().enumerate() {
            let mut at = ROOT;
            for &token in sequence {
                at = trie.step(at, token);
            }
            trie.total += sequence.len();
            trie.leaves.push(at);
            if let Some(node) = trie.nodes.get_mut(at) {
                node.ends.push(i);
            }
        }
        trie
    }

    fn step(&mut self, at: usize, token: Token) -> usize {
        if let Some(child) = self.child(at, token) {
            return child;
        }
        let depth = self.node(at).depth + 1;
        let new = self.nodes.len();
        self.nodes.push(Node { token, depth, parent: at, children: BTreeMap::new(), ends: Vec::new() });
        if let Some(node) = self.nodes.get_mut(at) {
            node.children.insert(token, new);
        }
        new
    }

    /// The node of an index that this trie gave out.
    #[allow(clippy::indexing_slicing, reason = "indices come from this trie only")]
    pub(crate) fn node(&self, at: usize) -> &Node {
        &self.nodes[at]
    }

    /// The child of a node by its token.
    pub(crate) fn child(&self, at: usize, token: Token) -> Option<usize> {
        self.nodes.get(at)?.children.get(&token).copied()
    }

    /// The shortest beginning of a sequence that no other one has; all of it where another one goes on from its end.
    pub(crate) fn unique_prefix(&self, sequence: &[Token]) -> usize {
        let mut at = ROOT;
        for (length, &token) in (1..).zip(sequence) {
            let Some(child) = self.child(at, token) else { break };
            if self.is_path(child) {
                return length;
            }
            at = child;
        }
        sequence.len()
    }

    /// Whether only one sequence goes through a node.
    fn is_path(&self, mut at: usize) -> bool {
        loop {
            let node = self.node(at);
            let mut children = node.children.values();
            match (children.next(), children.next(), node.ends.is_empty()) {
                (Some(&child), None, true) => at = child,
                (None, _, _) => return true,
                (Some(_), _, _) => return false,
            }
        }
    }

    /// Nodes, the root included.
    pub(crate) const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Tokens of all sequences.
    pub(crate) const fn total_tokens(&self) -> usize {
        self.total
    }

    /// The nodes at which the sequences end, in their order.
    pub(crate) fn ends(&self) -> &[usize] {
        &self.leaves
    }

    /// Nodes whose logits are needed: those with children, the root apart. In order of depth, then of a walk that keeps
    /// siblings together.
    pub(crate) fn groups(&self, max_paths: usize) -> Vec<Group> {
        // Paths to the deepest inner nodes: every inner node lies on one.
        let mut paths = Vec::new();
        self.walk(ROOT, &mut paths);
        paths
            .chunks(max_paths.max(1))
            .map(|chunk| {
                let mut members: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
                for (path, &tip) in chunk.iter().enumerate() {
                    let mut at = tip;
                    while at != ROOT {
                        members.entry((self.node(at).depth, at)).or_default().push(path);
                        at = self.node(at).parent;
                    }
                }
                Group {
                    paths: chunk.len(),
                    nodes: members.into_iter().map(|((_, node), paths)| GroupNode { node, paths }).collect(),
                }
            })
            .collect()
    }

    fn walk(&self, at: usize, paths: &mut Vec<usize>) {
        let mut tip = true;
        for &child in self.node(at).children.values() {
            if !self.node(child).children.is_empty() {
                tip = false;
                self.walk(child, paths);
            }
        }
        if tip && at != ROOT {
            paths.push(at);
        }
    }
}

/// Inner nodes that are evaluated together, each on the parallel sequences (paths) that run through it.
#[derive(Debug)]
pub(crate) struct Group {
    /// Parallel sequences.
    pub paths: usize,
    /// Nodes by depth.
    pub nodes: Vec<GroupNode>,
}

/// A node and the paths through it, from 0.
#[derive(Debug)]
pub(crate) struct GroupNode {
    /// Index in the trie.
    pub node: usize,
    /// Paths of the group.
    pub paths: Vec<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_beginnings_are_one_node_and_last_tokens_are_not_evaluated() {
        let sequences: [&[Token]; 4] = [&[1, 2, 9], &[1, 2, 3, 9], &[1, 4, 9], &[5, 9]];
        let trie = TokenTrie::new(sequences);
        assert_eq!(trie.total_tokens(), 12);
        let groups = trie.groups(8);
        let evaluated: Vec<Token> = groups[0].nodes.iter().map(|n| trie.node(n.node).token).collect();
        // 1 and 5, then 2 and 4, then 3: no node that only ends.
        assert_eq!(evaluated, [1, 5, 2, 4, 3]);
        assert_eq!(groups[0].paths, 3);
    }

    #[test]
    fn groups_keep_the_number_of_paths_and_cover_every_inner_node() {
        let sequences: Vec<Vec<Token>> = (0..100).map(|i| vec![i % 7, i, 1000]).collect();
        let trie = TokenTrie::new(sequences.iter().map(Vec::as_slice));
        let groups = trie.groups(16);
        assert!(groups.iter().all(|g| g.paths <= 16));
        let mut seen: Vec<usize> = groups.iter().flat_map(|g| g.nodes.iter().map(|n| n.node)).collect();
        seen.sort_unstable();
        seen.dedup();
        let inner = (1..trie.len()).filter(|&n| !trie.node(n).children.is_empty()).count();
        assert_eq!(seen.len(), inner);
    }

    #[test]
    fn a_beginning_is_unique_where_no_other_sequence_has_it() {
        let sequences: [&[Token]; 5] = [&[1, 2, 9], &[1, 2, 3, 4, 9], &[1, 5, 6, 9], &[7, 8, 9], &[7, 8]];
        let trie = TokenTrie::new(sequences);
        let lengths: Vec<usize> = sequences.iter().map(|s| trie.unique_prefix(s)).collect();
        // The last one is the beginning of the one before it: that one is told by its end, this one by nothing shorter.
        assert_eq!(lengths, [3, 3, 2, 3, 2]);
    }

    #[test]
    fn an_equal_sequence_twice_ends_at_the_same_node() {
        let sequences: [&[Token]; 2] = [&[1, 2], &[1, 2]];
        let trie = TokenTrie::new(sequences);
        assert_eq!(trie.ends()[0], trie.ends()[1]);
    }
}
