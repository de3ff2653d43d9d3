//! The encoder as an ONNX graph: BERT with post-norm, mean pooling inside.
//!
//! 4-bit matrices are multiplied by `MatMulNBits` (8-bit activations), the word table is read by
//! `GatherBlockQuantized`, attention and the normalizations with their residuals are the fused operators of ONNX
//! Runtime. Queries, keys and values are one matrix: the rows are independent, so this changes no value.
//! Pooling inside the graph keeps the output at one vector per text.

use super::e5_file::{BLOCK, E5File, Parsed, Quantized};
use super::onnx::{
    AttributeProto, Dimension, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    ValueInfoProto, element,
};

/// Operators of ONNX Runtime beyond the standard's.
const CONTRIB: &str = "com.microsoft";

/// The whole model.
pub(super) fn build(file: &E5File<'_>) -> Parsed<ModelProto> {
    let mut graph = Builder::default();
    let mut x = graph.embeddings(file)?;
    for layer in 0..file.layers {
        x = graph.layer(file, layer, &x)?;
    }
    graph.pooling(&x);
    let axes = [
        Dimension::Named("batch".to_owned()),
        Dimension::Named("sequence".to_owned()),
    ];
    let pooled = [
        Dimension::Named("batch".to_owned()),
        Dimension::Fixed(signed(file.hidden)),
    ];
    Ok(ModelProto {
        // Version 10 of the format and 21 of the operators brought 4-bit tensors.
        ir_version: 10,
        producer_name: "rushlight".to_owned(),
        graph: Some(GraphProto {
            node: graph.nodes,
            name: "multilingual-e5-small".to_owned(),
            initializer: graph.tensors,
            input: vec![
                ValueInfoProto::tensor("input_ids", element::INT64, &axes),
                ValueInfoProto::tensor("attention_mask", element::INT64, &axes),
            ],
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
        let to = vec![AttributeProto::int("to", element::INT32.into())];
        self.node("Cast", "", &["attention_mask"], &["key_mask"], to);
        Ok("embeddings".to_owned())
    }

    fn layer(&mut self, file: &E5File<'_>, layer: usize, x: &str) -> Parsed<String> {
        let name = |part: &str| format!("l{layer}.{part}");
        let hidden = file.hidden;

        let mut merged = Quantized {
            scales: Vec::new(),
            nibbles: Vec::new(),
        };
        let mut bias = Vec::new();
        for part in ["q", "k", "v"] {
            let matrix = file.quantized(&name(&format!("{part}.w")), hidden, hidden)?;
            merged.scales.extend(matrix.scales);
            merged.nibbles.extend(matrix.nibbles);
            bias.extend(file.floats(&name(&format!("{part}.b")), hidden)?);
        }
        self.floats(&name("qkv.b"), &[3 * hidden], &bias);
        self.matrix(
            &name("qkv"),
            merged,
            [3 * hidden, hidden],
            x,
            Some(&name("qkv.b")),
        );
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
            &[&name("q"), &name("k"), &name("v"), "", "key_mask"],
            &[&name("context")],
            vec![AttributeProto::int("num_heads", signed(file.heads))],
        );

        self.matrix(
            &name("ao"),
            file.quantized(&name("ao.w"), hidden, hidden)?,
            [hidden, hidden],
            &name("context"),
            None,
        );
        self.add_and_normalize(file, layer, x, "ao", "aln")?;

        let inner = file.feed_forward;
        self.matrix(
            &name("fi"),
            file.quantized(&name("fi.w"), inner, hidden)?,
            [inner, hidden],
            &name("aln"),
            None,
        );
        self.floats(&name("fi.b"), &[inner], &file.floats(&name("fi.b"), inner)?);
        self.node(
            "BiasGelu",
            CONTRIB,
            &[&name("fi"), &name("fi.b")],
            &[&name("gelu")],
            Vec::new(),
        );
        self.matrix(
            &name("fo"),
            file.quantized(&name("fo.w"), hidden, inner)?,
            [hidden, inner],
            &name("gelu"),
            None,
        );
        self.add_and_normalize(file, layer, &name("aln"), "fo", "oln")?;
        Ok(name("oln"))
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

    /// The mean over a text's tokens, padding left out.
    fn pooling(&mut self, x: &str) {
        let to = vec![AttributeProto::int("to", element::FLOAT.into())];
        self.node("Cast", "", &["attention_mask"], &["weights"], to);
        self.node("Unsqueeze", "", &["weights", "one"], &["weight_rows"], Vec::new());
        self.node("MatMul", "", &["weight_rows", x], &["sums"], Vec::new());
        self.node("Squeeze", "", &["sums", "one"], &["sum"], Vec::new());
        let keep = vec![AttributeProto::int("keepdims", 1)];
        self.node("ReduceSum", "", &["weights", "one"], &["count"], keep);
        self.node("Div", "", &["sum", "count"], &["sentence_embedding"], Vec::new());
    }

    /// `name = x * matrix^T + bias`, the matrix being `[rows, columns]`.
    fn matrix(
        &mut self,
        name: &str,
        matrix: Quantized,
        [rows, columns]: [usize; 2],
        x: &str,
        bias: Option<&str>,
    ) {
        let (weights, scales) = (format!("{name}.q"), format!("{name}.scales"));
        self.tensor(
            &weights,
            element::UINT8,
            &[rows, columns / BLOCK, BLOCK / 2],
            matrix.nibbles,
        );
        self.floats(&scales, &[rows * (columns / BLOCK)], &matrix.scales);
        let mut inputs = vec![x, &weights, &scales];
        if let Some(bias) = bias {
            inputs.extend(["", "", bias]);
        }
        self.node(
            "MatMulNBits",
            CONTRIB,
            &inputs,
            &[name],
            vec![
                AttributeProto::int("K", signed(columns)),
                AttributeProto::int("N", signed(rows)),
                AttributeProto::int("bits", 4),
                AttributeProto::int("block_size", signed(BLOCK)),
                // 4 is 8-bit activations.
                AttributeProto::int("accuracy_level", 4),
            ],
        );
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
