//! The Llama decoder, forward and backward.
//!
//! The base is frozen, so that only what leads to the adapter's matrices is differentiated: no derivative of a base matrix is ever
//! made, which spares a third of the arithmetic of a plain backward pass. The derivative of each part is written beside
//! the part, and held against finite differences by the tests.
//!
//! Sequences of a pass lie one after the other as rows of one matrix, without padding; attention goes by sequence. A pass keeps the
//! input of each layer and makes the rest of a layer again on the way back (Chen et al., arXiv 1604.06174). Attention goes
//! by blocks of queries over the keys that they may see, so that no square matrix of a whole sequence is ever held (Dao et
//! al., arXiv 2205.14135). Logits are made for answer positions alone, some at a time.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Result, Tensor};

use crate::chance::{Chance, Purpose};
use crate::config::Config;
use crate::lora::{Adapter, Module, Place, number};
use crate::ops::{self, Block};

/// Queries of a block of attention.
pub(crate) const QUERIES: usize = 128;
/// Logits that are made at a time, at most.
pub(crate) const LOGITS: usize = 1 << 23;

/// Weights of a layer; matrices are `(out, in)`, with the rows of q and k as `transformers` orders them.
#[derive(Debug)]
pub struct Layer {
    pub(crate) attn_norm: Tensor,
    pub(crate) mlp_norm: Tensor,
    pub(crate) q: Tensor,
    pub(crate) k: Tensor,
    pub(crate) v: Tensor,
    pub(crate) o: Tensor,
    pub(crate) gate: Tensor,
    pub(crate) up: Tensor,
    pub(crate) down: Tensor,
}

impl Layer {
    pub(crate) const fn weight(&self, module: Module) -> &Tensor {
        match module {
            Module::Q => &self.q,
            Module::K => &self.k,
            Module::V => &self.v,
            Module::O => &self.o,
            Module::Gate => &self.gate,
            Module::Up => &self.up,
            Module::Down => &self.down,
        }
    }
}

/// A frozen model.
#[derive(Debug)]
pub struct Llama {
    /// Shape.
    pub config: Config,
    pub(crate) embedding: Tensor,
    pub(crate) layers: Vec<Layer>,
    pub(crate) norm: Tensor,
    /// None where the embedding is the head.
    pub(crate) head: Option<Tensor>,
}

/// Sequences that are computed at once, and the places of them whose next token is learned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Tokens of all sequences, one after the other.
    pub tokens: Vec<u32>,
    /// How long each sequence is.
    pub lengths: Vec<usize>,
    /// Rows from which a token of an answer is to be told.
    pub places: Vec<u32>,
    /// That token, for each place.
    pub targets: Vec<u32>,
}

impl Rows {
    /// Adds a sequence of which the tokens from `answer` on are learned.
    pub fn push(&mut self, tokens: &[u32], answer: usize) {
        let start = self.tokens.len();
        self.tokens.extend_from_slice(tokens);
        self.lengths.push(tokens.len());
        for (i, token) in tokens.iter().enumerate().skip(answer.max(1)) {
            self.places.extend(u32::try_from(start + i - 1));
            self.targets.push(*token);
        }
    }
}

/// Derivatives by A (where it is trained) and B.
#[derive(Debug, Clone, Default)]
pub struct Gradients(pub BTreeMap<Place, (Option<Tensor>, Tensor)>);

impl Gradients {
    /// Adds those of another pass.
    pub(crate) fn add_all(&mut self, other: Self) -> Result<()> {
        other.0.into_iter().try_for_each(|(place, (a, b))| self.add(place, a, b))
    }

    fn add(&mut self, place: Place, a: Option<Tensor>, b: Tensor) -> Result<()> {
        let sum = match self.0.remove(&place) {
            None => (a, b),
            Some((old_a, old_b)) => {
                let a = match (old_a, a) {
                    (Some(old), Some(new)) => Some((old + new)?),
                    (old, new) => old.or(new),
                };
                (a, (old_b + b)?)
            }
        };
        self.0.insert(place, sum);
        Ok(())
    }
}

/// How a pass trains.
#[derive(Debug, Clone, Copy)]
pub struct Training {
    /// Whether A is trained as well.
    pub trains_a: bool,
    /// Share of an adapter's input that is left out.
    pub dropout: f64,
    /// Decides what is left out; another for each pass.
    pub seed: u64,
    /// What the loss is multiplied by: one over the tokens of the whole batch.
    pub weight: f64,
    /// Whether what a layer computes is made again on the way back instead of kept.
    pub checkpointing: bool,
}

impl Llama {
    fn head(&self) -> &Tensor {
        self.head.as_ref().unwrap_or(&self.embedding)
    }

    /// A model of a shape with drawn weights, head tied to the embedding or not: for tests, and to measure a shape.
    ///
    /// # Errors
    /// When arithmetic fails.
    pub fn drawn(config: Config, tied: bool, seed: u64, dtype: DType) -> Result<Self> {
        let mut chance = Chance::new(seed, Purpose::Start, &[]);
        let mut draw = |shape: &[usize], mean: f64, spread: f64| {
            let values: Vec<f64> =
                (0..shape.iter().product()).map(|_| mean + (2.0 * chance.unit() - 1.0) * spread).collect();
            Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(dtype)
        };
        let mut layers = Vec::with_capacity(config.layers);
        for _ in 0..config.layers {
            let mut matrix = |module: Module| {
                let (out, into) = module.shape(&config);
                draw(&[out, into], 0.0, (3.0 / ops::real(into)).sqrt())
            };
            layers.push(Layer {
                q: matrix(Module::Q)?,
                k: matrix(Module::K)?,
                v: matrix(Module::V)?,
                o: matrix(Module::O)?,
                gate: matrix(Module::Gate)?,
                up: matrix(Module::Up)?,
                down: matrix(Module::Down)?,
                attn_norm: draw(&[config.hidden], 1.0, 0.2)?,
                mlp_norm: draw(&[config.hidden], 1.0, 0.2)?,
            });
        }
        let norm = draw(&[config.hidden], 1.0, 0.2)?;
        let embedding = draw(&[config.vocabulary, config.hidden], 0.0, 1.0)?;
        let head = if tied { None } else { Some(draw(&[config.vocabulary, config.hidden], 0.0, 0.3)?) };
        Ok(Self { config, embedding, layers, norm, head })
    }

    /// Type of the weights.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.embedding.dtype()
    }

    /// Logits after each token of a sequence: `(tokens, vocabulary)`.
    ///
    /// # Errors
    /// When a token is beyond the vocabulary, or arithmetic fails.
    pub fn logits(&self, adapter: Option<&Adapter>, tokens: &[u32]) -> Result<Tensor> {
        let mut rows = Rows::default();
        rows.push(tokens, tokens.len());
        let pass = Pass::new(self, adapter, &rows, None)?;
        let x = pass.to_last(|_| ())?;
        let x = ops::rms_norm(&x, &self.norm, self.config.eps)?;
        x.matmul(&self.head().t()?)
    }

    /// The sum of `-ln p` of the answers' tokens, in nats.
    ///
    /// # Errors
    /// As [`Self::logits`].
    pub fn loss(&self, adapter: Option<&Adapter>, rows: &Rows) -> Result<f64> {
        let pass = Pass::new(self, adapter, rows, None)?;
        let x = pass.to_last(|_| ())?;
        Ok(self.answers(&x, rows, None)?.0)
    }

    /// The sum of `-ln p` of the answers' tokens, and the derivatives of `weight` times it by what is trained.
    ///
    /// # Errors
    /// As [`Self::logits`].
    pub fn gradients(&self, adapter: &Adapter, rows: &Rows, training: Training) -> Result<(f64, Gradients)> {
        let pass = Pass::new(self, Some(adapter), rows, Some(training))?;
        let mut inputs = Vec::with_capacity(self.layers.len());
        let mut all_kept = Vec::new();
        let mut x = self.embed(rows)?;
        for (i, layer) in self.layers.iter().enumerate() {
            let (y, kept) = pass.layer(i, layer, &x)?;
            inputs.push(x);
            if !training.checkpointing {
                all_kept.push(kept);
            }
            x = y;
        }
        let (loss, dx) = self.answers(&x, rows, Some(training.weight))?;
        let mut gradients = Gradients::default();
        let Some(mut dx) = dx else { return Ok((loss, gradients)) };
        drop(x);
        for (i, layer) in self.layers.iter().enumerate().rev() {
            let Some(input) = inputs.pop() else { break };
            let kept = match all_kept.pop() {
                Some(kept) => kept,
                None => pass.keep(i, layer, &input)?,
            };
            dx = pass.layer_back(i, layer, &input, &kept, &dx, &mut gradients)?;
        }
        Ok((loss, gradients))
    }

    fn embed(&self, rows: &Rows) -> Result<Tensor> {
        self.embedding.index_select(&Tensor::new(rows.tokens.as_slice(), &Device::Cpu)?, 0)
    }

    /// Loss at the places of answers, and with a weight its derivative by the last layer's output.
    fn answers(&self, x: &Tensor, rows: &Rows, weight: Option<f64>) -> Result<(f64, Option<Tensor>)> {
        if rows.places.is_empty() {
            return Ok((0.0, None));
        }
        let places = Tensor::new(rows.places.as_slice(), &Device::Cpu)?;
        let x = x.index_select(&places, 0)?;
        let normed = ops::rms_norm(&x, &self.norm, self.config.eps)?;
        let at_once = (LOGITS / self.config.vocabulary).max(1);
        let (mut loss, mut parts) = (0.0, Vec::new());
        for (i, targets) in rows.targets.chunks(at_once).enumerate() {
            let part = normed.narrow(0, i * at_once, targets.len())?;
            let logits = part.matmul(&self.head().t()?)?;
            let (sum, dlogits) = ops::cross_entropy(&logits, targets, weight.unwrap_or(0.0))?;
            drop(logits);
            loss += sum;
            if weight.is_some() {
                parts.push(dlogits.matmul(self.head())?);
            }
        }
        if weight.is_none() {
            return Ok((loss, None));
        }
        let dnormed = Tensor::cat(&parts, 0)?;
        let dx = ops::rms_norm_back(&x, &self.norm, self.config.eps, &dnormed, &dnormed.zeros_like()?)?;
        Ok((loss, Some(ops::scatter_rows(&dx, &rows.places, rows.tokens.len())?)))
    }
}

/// One sequence's part of a pass's rows.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: usize,
    length: usize,
}

/// What attention over one sequence leaves for the way back; heads first.
struct Attended {
    q: Tensor,
    k: Tensor,
    v: Tensor,
    out: Tensor,
    /// Logarithms of the sums of softmax, a block each.
    logs: Vec<Tensor>,
}

/// What a layer leaves for the way back.
struct Kept {
    normed: Tensor,
    attended: Vec<Attended>,
    mixed: Tensor,
    middle: Tensor,
    mlp_normed: Tensor,
    gate: Tensor,
    up: Tensor,
}

/// One way through the model and back.
struct Pass<'a> {
    model: &'a Llama,
    adapter: Option<&'a Adapter>,
    rows: &'a Rows,
    training: Option<Training>,
    spans: Vec<Span>,
    cos: Tensor,
    sin: Tensor,
}

impl<'a> Pass<'a> {
    fn new(model: &'a Llama, adapter: Option<&'a Adapter>, rows: &'a Rows, training: Option<Training>) -> Result<Self> {
        let mut spans = Vec::with_capacity(rows.lengths.len());
        let mut start = 0;
        for length in rows.lengths.iter().copied().filter(|n| *n > 0) {
            spans.push(Span { start, length });
            start += length;
        }
        let longest = rows.lengths.iter().copied().max().unwrap_or(0);
        let frequencies = model.config.frequencies();
        let positions = (0..longest).map(ops::real);
        let angles: Vec<f64> = positions.flat_map(|at| frequencies.iter().map(move |f| at * f)).collect();
        let angles = Tensor::from_vec(angles, (longest, frequencies.len()), &Device::Cpu)?;
        let (cos, sin) = (angles.cos()?.to_dtype(model.dtype())?, angles.sin()?.to_dtype(model.dtype())?);
        Ok(Self { model, adapter, rows, training, spans, cos, sin })
    }

    /// The last layer's output; `each` is called after each layer.
    fn to_last(&self, mut each: impl FnMut(usize)) -> Result<Tensor> {
        let mut x = self.model.embed(self.rows)?;
        for (i, layer) in self.model.layers.iter().enumerate() {
            x = self.layer(i, layer, &x)?.0;
            each(i);
        }
        Ok(x)
    }

    /// `x W^T`, and what the adapter adds.
    fn project(&self, (i, layer): (usize, &Layer), module: Module, x: &Tensor) -> Result<Tensor> {
        let y = x.matmul(&layer.weight(module).t()?)?;
        let Some((adapter, pair)) = self.adapter.and_then(|a| Some((a, a.pairs.get(&(i, module))?))) else {
            return Ok(y);
        };
        let low = self.dropped(x, (i, module))?.matmul(&pair.a.t()?)?;
        y + (low * adapter.scale())?.matmul(&pair.b.t()?)?
    }

    /// The derivative of [`Self::project`] by `x`, and into `gradients` by what is trained.
    fn project_back(
        &self,
        (i, layer): (usize, &Layer),
        module: Module,
        (x, dy): (&Tensor, &Tensor),
        gradients: &mut Gradients,
    ) -> Result<Tensor> {
        let dx = dy.matmul(layer.weight(module))?;
        let place = (i, module);
        let Some((adapter, pair)) = self.adapter.and_then(|a| Some((a, a.pairs.get(&place)?))) else { return Ok(dx) };
        let dropped = self.dropped(x, place)?;
        let low = (dropped.matmul(&pair.a.t()?)? * adapter.scale())?;
        let db = dy.t()?.matmul(&low)?;
        let dlow = (dy.matmul(&pair.b)? * adapter.scale())?;
        let trains_a = self.training.is_some_and(|t| t.trains_a);
        let da = if trains_a { Some(dlow.t()?.matmul(&dropped)?) } else { None };
        gradients.add(place, da, db)?;
        // What was left out on the way forward is left out on the way back.
        dx + self.dropped(&dlow.matmul(&pair.a)?, place)?
    }

    fn dropped(&self, x: &Tensor, (i, module): Place) -> Result<Tensor> {
        match self.training {
            Some(training) if training.dropout > 0.0 => {
                let keys = [u64::try_from(i).unwrap_or(0), u64::from(number(module))];
                let seed = Chance::new(training.seed, Purpose::Dropout, &keys).bits();
                ops::dropout(x, training.dropout, seed)
            }
            Some(_) | None => Ok(x.clone()),
        }
    }

    /// A layer's output, and what it leaves for the way back.
    fn layer(&self, i: usize, layer: &Layer, x: &Tensor) -> Result<(Tensor, Kept)> {
        let kept = self.keep(i, layer, x)?;
        let active = ops::swiglu(&kept.gate, &kept.up)?;
        let y = (&kept.middle + self.project((i, layer), Module::Down, &active)?)?;
        Ok((y, kept))
    }

    /// What a layer leaves for the way back, without its last product, which nothing on that way asks for.
    fn keep(&self, i: usize, layer: &Layer, x: &Tensor) -> Result<Kept> {
        let (at, eps) = ((i, layer), self.model.config.eps);
        let normed = ops::rms_norm(x, &layer.attn_norm, eps)?;
        let q = self.project(at, Module::Q, &normed)?;
        let k = self.project(at, Module::K, &normed)?;
        let v = self.project(at, Module::V, &normed)?;
        let attended =
            self.spans.iter().map(|span| self.attend(*span, &q, &k, &v)).collect::<Result<Vec<Attended>>>()?;
        drop((q, k, v));
        let mixed = attended.iter().map(|a| flat(&a.out)).collect::<Result<Vec<Tensor>>>()?;
        let mixed = Tensor::cat(&mixed, 0)?;
        let middle = (x + self.project(at, Module::O, &mixed)?)?;
        let mlp_normed = ops::rms_norm(&middle, &layer.mlp_norm, eps)?;
        let gate = self.project(at, Module::Gate, &mlp_normed)?;
        let up = self.project(at, Module::Up, &mlp_normed)?;
        Ok(Kept { normed, attended, mixed, middle, mlp_normed, gate, up })
    }

    fn layer_back(
        &self,
        i: usize,
        layer: &Layer,
        x: &Tensor,
        kept: &Kept,
        dy: &Tensor,
        gradients: &mut Gradients,
    ) -> Result<Tensor> {
        let (at, eps) = ((i, layer), self.model.config.eps);
        let active = ops::swiglu(&kept.gate, &kept.up)?;
        let dactive = self.project_back(at, Module::Down, (&active, dy), gradients)?;
        drop(active);
        let (dgate, dup) = ops::swiglu_back(&kept.gate, &kept.up, &dactive)?;
        drop(dactive);
        let dnormed = (self.project_back(at, Module::Gate, (&kept.mlp_normed, &dgate), gradients)?
            + self.project_back(at, Module::Up, (&kept.mlp_normed, &dup), gradients)?)?;
        drop((dgate, dup));
        let dmiddle = ops::rms_norm_back(&kept.middle, &layer.mlp_norm, eps, &dnormed, dy)?;

        let dmixed = self.project_back(at, Module::O, (&kept.mixed, &dmiddle), gradients)?;
        let (mut dq, mut dk, mut dv) = (Vec::new(), Vec::new(), Vec::new());
        for (span, attended) in self.spans.iter().zip(&kept.attended) {
            let (q, k, v) = self.attend_back(*span, attended, &dmixed)?;
            dq.push(q);
            dk.push(k);
            dv.push(v);
        }
        let (dq, dk, dv) = (Tensor::cat(&dq, 0)?, Tensor::cat(&dk, 0)?, Tensor::cat(&dv, 0)?);
        let dnormed = self.project_back(at, Module::Q, (&kept.normed, &dq), gradients)?;
        let dnormed = (dnormed + self.project_back(at, Module::K, (&kept.normed, &dk), gradients)?)?;
        let dnormed = (dnormed + self.project_back(at, Module::V, (&kept.normed, &dv), gradients)?)?;
        ops::rms_norm_back(x, &layer.attn_norm, eps, &dnormed, &dmiddle)
    }

    /// The rows of a sequence with heads first: `(heads, tokens, head size)`.
    fn heads(&self, x: &Tensor, span: Span, heads: usize) -> Result<Tensor> {
        let size = self.model.config.head_size;
        x.narrow(0, span.start, span.length)?.reshape((span.length, heads, size))?.transpose(0, 1)?.contiguous()
    }

    fn angles(&self, span: Span) -> Result<(Tensor, Tensor)> {
        Ok((self.cos.narrow(0, 0, span.length)?, self.sin.narrow(0, 0, span.length)?))
    }

    /// Blocks of queries of a sequence.
    fn blocks(&self, span: Span) -> impl Iterator<Item = Block> {
        let scale = 1.0 / ops::real(self.model.config.head_size).sqrt();
        let starts = (0..span.length).step_by(QUERIES);
        starts.map(move |first| Block { first, queries: QUERIES.min(span.length - first), scale })
    }

    /// Queries of a block, those of one key head together: `(key heads, heads a key head * queries, head size)`.
    fn queries(&self, x: &Tensor, block: Block) -> Result<Tensor> {
        let c = &self.model.config;
        let (_, tokens, size) = x.dims3()?;
        let group = c.heads / c.kv_heads;
        let x = x.reshape((c.kv_heads, group, tokens, size))?.narrow(2, block.first, block.queries)?;
        x.contiguous()?.reshape((c.kv_heads, group * block.queries, size))
    }

    /// Blocks of queries put together again, heads first.
    fn together(&self, blocks: &[Tensor]) -> Result<Tensor> {
        let c = &self.model.config;
        let group = c.heads / c.kv_heads;
        let apart = |x: &Tensor| x.reshape((c.kv_heads, group, x.dim(1)? / group, c.head_size));
        let x = Tensor::cat(&blocks.iter().map(apart).collect::<Result<Vec<Tensor>>>()?, 2)?;
        x.reshape((c.heads, x.dim(2)?, c.head_size))
    }

    fn attend(&self, span: Span, q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Attended> {
        let c = &self.model.config;
        let (cos, sin) = self.angles(span)?;
        let q = ops::rope(&self.heads(q, span, c.heads)?, &cos, &sin, false)?;
        let k = ops::rope(&self.heads(k, span, c.kv_heads)?, &cos, &sin, false)?;
        let v = self.heads(v, span, c.kv_heads)?;
        let (mut out, mut logs) = (Vec::new(), Vec::new());
        for block in self.blocks(span) {
            let seen = block.first + block.queries;
            let scores = self.queries(&q, block)?.matmul(&k.narrow(1, 0, seen)?.t()?)?;
            let (p, log) = ops::softmax(&scores, block)?;
            out.push(p.matmul(&v.narrow(1, 0, seen)?)?);
            logs.push(log);
        }
        Ok(Attended { out: self.together(&out)?, q, k, v, logs })
    }

    /// The derivatives by q, k and v before the turning, as rows of the sequence.
    fn attend_back(&self, span: Span, kept: &Attended, dmixed: &Tensor) -> Result<(Tensor, Tensor, Tensor)> {
        let c = &self.model.config;
        let dout = self.heads(dmixed, span, c.heads)?;
        let delta = ops::row_dots(&kept.out, &dout)?.unsqueeze(2)?;
        let (mut dq, mut dk, mut dv) = (Vec::new(), None::<Tensor>, None::<Tensor>);
        let sum = |sum: &mut Option<Tensor>, part: Tensor| -> Result<()> {
            let part = part.pad_with_zeros(1, 0, span.length - part.dim(1)?)?;
            *sum = Some(match sum.take() {
                None => part,
                Some(old) => (old + part)?,
            });
            Ok(())
        };
        for (block, logs) in self.blocks(span).zip(&kept.logs) {
            let seen = block.first + block.queries;
            let (k, v) = (kept.k.narrow(1, 0, seen)?, kept.v.narrow(1, 0, seen)?);
            let (q, dout) = (self.queries(&kept.q, block)?, self.queries(&dout, block)?);
            let delta = self.queries(&delta, block)?;
            let (scores, dp) = (q.matmul(&k.t()?)?, dout.matmul(&v.t()?)?);
            let (p, dscores) = ops::softmax_back(&scores, &dp, logs, &delta, block)?;
            drop((scores, dp));
            dq.push(dscores.matmul(&k)?);
            sum(&mut dk, dscores.transpose(1, 2)?.matmul(&q)?)?;
            sum(&mut dv, p.transpose(1, 2)?.matmul(&dout)?)?;
        }
        let (cos, sin) = self.angles(span)?;
        let empty = || kept.k.zeros_like();
        let (dk, dv) = (dk.map_or_else(empty, Ok)?, dv.map_or_else(empty, Ok)?);
        let dq = ops::rope(&self.together(&dq)?, &cos, &sin, true)?;
        let dk = ops::rope(&dk.contiguous()?, &cos, &sin, true)?;
        Ok((flat(&dq)?, flat(&dk)?, flat(&dv)?))
    }
}

/// `(heads, tokens, size)` to `(tokens, heads * size)`.
fn flat(x: &Tensor) -> Result<Tensor> {
    let (heads, tokens, size) = x.dims3()?;
    x.transpose(0, 1)?.contiguous()?.reshape((tokens, heads * size))
}
