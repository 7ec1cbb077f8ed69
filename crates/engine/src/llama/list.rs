//! A list of items, none twice: which tokens may come next.

use crate::llama::trie::{ROOT, Token, TokenTrie};

/// Where the writing of a list stands.
#[derive(Debug)]
pub(crate) struct ListState {
    trie: TokenTrie,
    separator: Vec<Token>,
    min: usize,
    max: usize,
    /// Items still possible below each node.
    open: Vec<usize>,
    at: Place,
    written: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In an item, at this node.
    Item(usize),
    /// After an item: the separator's next token, or the end.
    Separator(usize),
}

/// What may come next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// One of these tokens, and the model's end if `end`.
    Choice { tokens: Vec<Token>, end: bool },
    /// The list is full or empty of items.
    Done,
}

impl ListState {
    /// A list of the items given as tokens.
    pub(crate) fn new(items: &[Vec<Token>], separator: Vec<Token>, min: usize, max: usize) -> Self {
        let trie = TokenTrie::new(items.iter().map(Vec::as_slice));
        let mut open = vec![0; trie.len()];
        for &leaf in trie.ends() {
            Self::add(&trie, &mut open, leaf, 1);
        }
        Self { trie, separator, min, max, open, at: Place::Item(ROOT), written: 0 }
    }

    fn add(trie: &TokenTrie, open: &mut [usize], leaf: usize, by: isize) {
        let mut at = leaf;
        loop {
            if let Some(count) = open.get_mut(at) {
                *count = count.saturating_add_signed(by);
            }
            if at == ROOT {
                return;
            }
            at = trie.node(at).parent;
        }
    }

    fn left(&self, node: usize) -> usize {
        self.open.get(node).copied().unwrap_or_default()
    }

    /// What may come next.
    pub(crate) fn next(&self) -> Next {
        if self.written >= self.max || self.left(ROOT) == 0 {
            return Next::Done;
        }
        match self.at {
            Place::Item(node) => {
                let children = &self.trie.node(node).children;
                let tokens = children.iter().filter(|(_, child)| self.left(**child) > 0).map(|(token, _)| *token);
                Next::Choice { tokens: tokens.collect(), end: false }
            }
            Place::Separator(i) => Next::Choice {
                tokens: self.separator.get(i).copied().into_iter().collect(),
                end: i == 0 && self.written >= self.min,
            },
        }
    }

    /// Takes a token that [`ListState::next`] allowed. Returns true when it completed an item.
    pub(crate) fn accept(&mut self, token: Token) -> bool {
        match self.at {
            Place::Item(node) => {
                let Some(child) = self.trie.child(node, token) else { return false };
                if self.trie.node(child).ends.is_empty() || !self.trie.node(child).children.is_empty() {
                    self.at = Place::Item(child);
                    return false;
                }
                let ends = isize::try_from(self.trie.node(child).ends.len()).unwrap_or(isize::MAX);
                Self::add(&self.trie, &mut self.open, child, -ends);
                self.written += 1;
                self.at = if self.separator.is_empty() { Place::Item(ROOT) } else { Place::Separator(0) };
                true
            }
            Place::Separator(i) => {
                self.at = if i + 1 < self.separator.len() { Place::Separator(i + 1) } else { Place::Item(ROOT) };
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(tokens: &[Token], end: bool) -> Next {
        Next::Choice { tokens: tokens.to_vec(), end }
    }

    #[test]
    fn an_item_that_was_written_is_not_offered_again() {
        let mut list = ListState::new(&[vec![1, 9], vec![1, 2, 9], vec![3, 9]], vec![7], 1, 10);
        assert_eq!(list.next(), choice(&[1, 3], false));
        assert!(!list.accept(1));
        assert_eq!(list.next(), choice(&[2, 9], false));
        assert!(list.accept(9));
        assert_eq!(list.next(), choice(&[7], true));
        list.accept(7);
        list.accept(1);
        assert_eq!(list.next(), choice(&[2], false));
        list.accept(2);
        assert!(list.accept(9));
        list.accept(7);
        assert_eq!(list.next(), choice(&[3], false));
        list.accept(3);
        assert!(list.accept(9));
        assert_eq!(list.next(), Next::Done);
    }

    #[test]
    fn the_end_is_not_offered_before_the_least_number() {
        let mut list = ListState::new(&[vec![1], vec![2], vec![3]], vec![7], 2, 2);
        list.accept(1);
        assert_eq!(list.next(), choice(&[7], false));
        list.accept(7);
        list.accept(2);
        assert_eq!(list.next(), Next::Done);
    }
}
