//! The encoder as an ONNX graph: BERT with post-norm, mean pooling inside, one text at a time.
//!
//! A single text needs neither padding nor a mask, so that attention is computed blockwise (flash attention), its vector
//! cannot depend on other texts, and the largest activation, which decides how all are rounded to 8 bits, is one of its
//! own. Several texts at once would gain nothing: the matrices of one text already fill a processor.
//!
//! Matrices are multiplied in 8-bit integers (`DynamicQuantizeMatMul`). A few neurons of each feed-forward layer are
//! computed in floats beside the others: for some tokens one of them is ten times as large as all the rest, and would
//! leave the rest a tenth of the 255 steps. They give themselves away by the weights behind them, which are several times
//! as large as others'; no text is needed to find them. The word table is read by `GatherBlockQuantized` as it is.
//!
//! The normalizations with their residuals are fused operators of ONNX Runtime. Queries, keys and values are one matrix:
//! the rows are independent, so this changes no value. Pooling inside the graph keeps the output at one vector.

use super::e5_file::{BLOCK, E5File, Parsed};
use super::eight_bit::{self, EightBit};
use super::onnx::{
    AttributeProto, Dimension, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    ValueInfoProto, element,
};

/// Operators of ONNX Runtime beyond the standard's.
const CONTRIB: &str = "com.microsoft";
/// Neurons of a feed-forward layer that are computed in floats. With none the vectors' cosine to those of the same weights
/// in floats is 0.9941 at worst, with 4 0.9987, with 16 0.9989, with 32 0.9984 (80 texts); 16 take six percent of the time.
const LOUD: usize = 16;

/// The whole model.
pub(super) fn build(file: &E5File<'_>) -> Parsed<ModelProto> {
    let mut graph = Builder::default();
    let mut x = graph.embeddings(file)?;
    for layer in 0..file.layers {
        x = graph.layer(file, layer, &x)?;
    }
    graph.pooling(&x);
    let axes = [Dimension::Fixed(1), Dimension::Named("sequence".to_owned())];
    let pooled = [Dimension::Fixed(1), Dimension::Fixed(signed(file.hidden))];
    Ok(ModelProto {
        // Version 10 of the format and 21 of the operators brought 4-bit tensors.
        ir_version: 10,
        producer_name: "rushlight".to_owned(),
        graph: Some(GraphProto {
            node: graph.nodes,
            name: "multilingual-e5-small".to_owned(),
            initializer: graph.tensors,
            // The mask is read by nobody, for a text alone is never padded; programs that embed hand one over all the same.
            input: ["input_ids", "attention_mask"]
                .map(|name| ValueInfoProto::tensor(name, element::INT64, &axes))
                .into(),
            output: vec![ValueInfoProto::tensor(
                "sentence_embedding",
                element::FLOAT,
                &pooled,
            )],
        }),
        opset_import: vec![
            OperatorSetIdProto {
                domain: String::new(),
                version: 21,
            },
            OperatorSetIdProto {
                domain: CONTRIB.to_owned(),
                version: 1,
            },
        ],
    })
}

#[derive(Default)]
struct Builder {
    nodes: Vec<NodeProto>,
    tensors: Vec<TensorProto>,
}

impl Builder {
    fn embeddings(&mut self, file: &E5File<'_>) -> Parsed<String> {
        let table = file.quantized("emb.word", file.vocabulary, file.hidden)?;
        // A signed nibble needs no zero point: value + 8 with its top bit flipped is the value in two's complement.
        let signed_nibbles = table.nibbles.iter().map(|byte| byte ^ 0x88).collect();
        self.tensor(
            "word.q",
            element::INT4,
            &[file.vocabulary, file.hidden],
            signed_nibbles,
        );
        self.floats(
            "word.scales",
            &[file.vocabulary, file.hidden / BLOCK],
            &table.scales,
        );
        self.node(
            "GatherBlockQuantized",
            CONTRIB,
            &["word.q", "input_ids", "word.scales"],
            &["word"],
            vec![
                AttributeProto::int("block_size", signed(BLOCK)),
                AttributeProto::int("gather_axis", 0),
                AttributeProto::int("quantize_axis", 1),
            ],
        );
        // Every token is of type 0, so its row is part of each position.
        let mut positions = file.floats("emb.pos", file.max_tokens * file.hidden)?;
        let types = file.floats("emb.type", 2 * file.hidden)?;
        for row in positions.chunks_exact_mut(file.hidden) {
            row.iter_mut()
                .zip(&types)
                .for_each(|(value, kind)| *value += kind);
        }
        self.floats("positions", &[file.max_tokens, file.hidden], &positions);
        self.integers("zero", &[0]);
        self.integers("one", &[1]);
        let range = vec![AttributeProto::int("start", 1), AttributeProto::int("end", 2)];
        self.node("Shape", "", &["input_ids"], &["sequence_length"], range);
        self.node(
            "Slice",
            "",
            &["positions", "zero", "sequence_length", "zero"],
            &["position"],
            Vec::new(),
        );
        self.node("Add", "", &["word", "position"], &["embedded"], Vec::new());
        self.floats("emb.ln.w", &[file.hidden], &file.floats("emb.ln.w", file.hidden)?);
        self.floats("emb.ln.b", &[file.hidden], &file.floats("emb.ln.b", file.hidden)?);
        self.node(
            "LayerNormalization",
            "",
            &["embedded", "emb.ln.w", "emb.ln.b"],
            &["embeddings"],
            vec![
                AttributeProto::int("axis", -1),
                AttributeProto::float("epsilon", file.epsilon),
            ],
        );
        Ok("embeddings".to_owned())
    }

    fn layer(&mut self, file: &E5File<'_>, layer: usize, x: &str) -> Parsed<String> {
        let name = |part: &str| format!("l{layer}.{part}");
        let hidden = file.hidden;

        let mut merged = Vec::with_capacity(3 * hidden * hidden);
        let mut bias = Vec::with_capacity(3 * hidden);
        for part in ["q", "k", "v"] {
            merged.extend(file.matrix(&name(&format!("{part}.w")), hidden, hidden)?);
            bias.extend(file.floats(&name(&format!("{part}.b")), hidden)?);
        }
        self.floats(&name("qkv.b"), &[3 * hidden], &bias);
        self.product(&name("qkv"), &merged, hidden, x, Some(&name("qkv.b")));
        self.node(
            "Split",
            "",
            &[&name("qkv")],
            &[&name("q"), &name("k"), &name("v")],
            vec![
                AttributeProto::int("axis", -1),
                AttributeProto::int("num_outputs", 3),
            ],
        );
        self.node(
            "MultiHeadAttention",
            CONTRIB,
            &[&name("q"), &name("k"), &name("v")],
            &[&name("context")],
            vec![AttributeProto::int("num_heads", signed(file.heads))],
        );
        let out = file.matrix(&name("ao.w"), hidden, hidden)?;
        self.product(&name("ao"), &out, hidden, &name("context"), None);
        self.add_and_normalize(file, layer, x, "ao", "aln")?;

        self.feed_forward(file, layer)?;
        self.add_and_normalize(file, layer, &name("aln"), "fo", "oln")?;
        Ok(name("oln"))
    }

    /// `fo = gelu(aln * fi^T + bias) * fo^T`, the loudest neurons apart from the others.
    fn feed_forward(&mut self, file: &E5File<'_>, layer: usize) -> Parsed<()> {
        let name = |part: &str| format!("l{layer}.{part}");
        let (hidden, inner) = (file.hidden, file.feed_forward);
        let into = file.matrix(&name("fi.w"), inner, hidden)?;
        let bias = file.floats(&name("fi.b"), inner)?;
        let out = file.matrix(&name("fo.w"), hidden, inner)?;
        let (loud, rest) = eight_bit::loudest_columns(&out, inner, LOUD);

        let rows = |rows: &[usize]| eight_bit::rows_of(&into, hidden, rows);
        let columns = |columns: &[usize]| eight_bit::columns_of(&out, inner, columns);
        let biases = |of: &[usize]| eight_bit::rows_of(&bias, 1, of);

        self.product(&name("fi"), &rows(&rest), hidden, &name("aln"), None);
        self.gelu(&name("fi"), &biases(&rest), &name("gelu"));
        self.product(&name("fo.rest"), &columns(&rest), rest.len(), &name("gelu"), None);

        self.exact_product(&name("fi.loud"), &rows(&loud), hidden, &name("aln"));
        self.gelu(&name("fi.loud"), &biases(&loud), &name("gelu.loud"));
        self.exact_product(&name("fo.loud"), &columns(&loud), loud.len(), &name("gelu.loud"));
        self.node(
            "Add",
            "",
            &[&name("fo.rest"), &name("fo.loud")],
            &[&name("fo")],
            Vec::new(),
        );
        Ok(())
    }

    /// `out = gelu(x + bias)`.
    fn gelu(&mut self, x: &str, bias: &[f32], out: &str) {
        let name = format!("{x}.b");
        self.floats(&name, &[bias.len()], bias);
        self.node("BiasGelu", CONTRIB, &[x, &name], &[out], Vec::new());
    }

    /// `out = normalize(x + y + bias of y)`.
    fn add_and_normalize(
        &mut self,
        file: &E5File<'_>,
        layer: usize,
        x: &str,
        y: &str,
        out: &str,
    ) -> Parsed<()> {
        let y = format!("l{layer}.{y}");
        let out = format!("l{layer}.{out}");
        let (scale, shift, bias) = (format!("{out}.w"), format!("{out}.b"), format!("{y}.b"));
        for name in [&scale, &shift, &bias] {
            self.floats(name, &[file.hidden], &file.floats(name, file.hidden)?);
        }
        self.node(
            "SkipLayerNormalization",
            CONTRIB,
            &[x, &y, &scale, &shift, &bias],
            &[&out],
            vec![AttributeProto::float("epsilon", file.epsilon)],
        );
        Ok(())
    }

    /// The mean over the text's tokens.
    fn pooling(&mut self, x: &str) {
        let keep = vec![AttributeProto::int("keepdims", 0)];
        self.node("ReduceMean", "", &[x, "one"], &["sentence_embedding"], keep);
    }

    /// `name = x * matrix^T + bias` in integers, the matrix being rows of `columns`.
    fn product(&mut self, name: &str, matrix: &[f32], columns: usize, x: &str, bias: Option<&str>) {
        let rows = matrix.len() / columns;
        let EightBit {
            weights: values,
            scales: of_rows,
        } = eight_bit::quantize(matrix, columns);
        let (weights, scales) = (format!("{name}.q"), format!("{name}.scales"));
        self.tensor(&weights, element::INT8, &[columns, rows], values);
        self.floats(&scales, &[rows], &of_rows);
        let mut inputs = vec![x, &weights, &scales];
        if let Some(bias) = bias {
            inputs.extend(["", bias]);
        }
        self.node("DynamicQuantizeMatMul", CONTRIB, &inputs, &[name], Vec::new());
    }

    /// `name = x * matrix^T` in floats, the matrix being rows of `columns`.
    fn exact_product(&mut self, name: &str, matrix: &[f32], columns: usize, x: &str) {
        let weights = format!("{name}.w");
        let transposed = eight_bit::transpose(matrix, columns);
        self.floats(&weights, &[columns, matrix.len() / columns], &transposed);
        self.node("MatMul", "", &[x, &weights], &[name], Vec::new());
    }

    fn node(
        &mut self,
        op: &str,
        domain: &str,
        inputs: &[&str],
        outputs: &[&str],
        attribute: Vec<AttributeProto>,
    ) {
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|name| (*name).to_owned()).collect(),
            output: outputs.iter().map(|name| (*name).to_owned()).collect(),
            name: format!("{op}:{}", outputs[0]),
            op_type: op.to_owned(),
            attribute,
            domain: domain.to_owned(),
        });
    }

    fn tensor(&mut self, name: &str, data_type: i32, dims: &[usize], raw_data: Vec<u8>) {
        let dims = dims.iter().map(|dim| signed(*dim)).collect();
        self.tensors.push(TensorProto {
            dims,
            data_type,
            name: name.to_owned(),
            raw_data,
        });
    }

    fn floats(&mut self, name: &str, dims: &[usize], values: &[f32]) {
        self.tensor(
            name,
            element::FLOAT,
            dims,
            values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        );
    }

    fn integers(&mut self, name: &str, values: &[i64]) {
        self.tensor(
            name,
            element::INT64,
            &[values.len()],
            values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        );
    }
}

fn signed(size: usize) -> i64 {
    i64::try_from(size).expect("sizes of the file are below 2^20")
}
