//! Several language models in one program: small files of random weights, written here.

use std::fs;

use serde_json::{Value, json};

use crate::binary::Installation;
use crate::serve::Server;

const QUESTION: &str = "At how many degrees is green tea steeped?";

/// A value of a GGUF file's metadata.
enum Meta {
    Number(u32),
    Text(&'static str),
    Texts(Vec<String>),
    Kinds(Vec<i32>),
}

impl Meta {
    /// The number of its type, and it.
    fn write(&self, file: &mut Vec<u8>) {
        match self {
            Self::Number(number) => {
                file.extend(4u32.to_le_bytes());
                file.extend(number.to_le_bytes());
            }
            Self::Text(text) => {
                file.extend(8u32.to_le_bytes());
                string(file, text);
            }
            Self::Texts(texts) => {
                array(file, 8, texts.len());
                texts.iter().for_each(|text| string(file, text));
            }
            Self::Kinds(kinds) => {
                array(file, 5, kinds.len());
                file.extend(kinds.iter().flat_map(|kind| kind.to_le_bytes()));
            }
        }
    }
}

fn string(file: &mut Vec<u8>, text: &str) {
    file.extend((text.len() as u64).to_le_bytes());
    file.extend(text.as_bytes());
}

fn array(file: &mut Vec<u8>, of: u32, length: usize) {
    file.extend(9u32.to_le_bytes());
    file.extend(of.to_le_bytes());
    file.extend((length as u64).to_le_bytes());
}

/// A Llama of one block, whose tokens are the bytes and the marks of turns.
fn gguf(seed: u64) -> Vec<u8> {
    const WIDTH: usize = 32;
    // As GPT-2 writes bytes that are no letters.
    let (mut tokens, mut others) = (Vec::new(), 256..);
    for byte in 0..=255u8 {
        let shown = matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
        let code = if shown {
            u32::from(byte)
        } else {
            others.next().expect("endless")
        };
        tokens.push(char::from_u32(code).expect("a character").to_string());
    }
    tokens.extend(["te", "<|im_start|>", "<|im_end|>"].map(str::to_owned));
    let kinds = (0..tokens.len())
        .map(|at| if at <= 256 { 1 } else { 3 })
        .collect();
    let count = tokens.len();
    let metadata = [
        ("general.architecture", Meta::Text("llama")),
        ("llama.context_length", Meta::Number(4096)),
        ("llama.block_count", Meta::Number(1)),
        ("llama.embedding_length", Meta::Number(WIDTH as u32)),
        ("llama.feed_forward_length", Meta::Number(WIDTH as u32)),
        ("llama.attention.head_count", Meta::Number(2)),
        ("llama.attention.head_count_kv", Meta::Number(1)),
        ("tokenizer.ggml.model", Meta::Text("gpt2")),
        ("tokenizer.ggml.pre", Meta::Text("qwen2")),
        ("tokenizer.ggml.tokens", Meta::Texts(tokens)),
        ("tokenizer.ggml.token_type", Meta::Kinds(kinds)),
        ("tokenizer.ggml.merges", Meta::Texts(vec!["t e".to_owned()])),
        ("tokenizer.ggml.eos_token_id", Meta::Number(258)),
    ];
    let tensors: [(&str, &[usize]); 12] = [
        ("token_embd.weight", &[count, WIDTH]),
        ("output.weight", &[count, WIDTH]),
        ("output_norm.weight", &[WIDTH]),
        ("blk.0.attn_norm.weight", &[WIDTH]),
        ("blk.0.ffn_norm.weight", &[WIDTH]),
        ("blk.0.attn_q.weight", &[WIDTH, WIDTH]),
        ("blk.0.attn_k.weight", &[WIDTH / 2, WIDTH]),
        ("blk.0.attn_v.weight", &[WIDTH / 2, WIDTH]),
        ("blk.0.attn_output.weight", &[WIDTH, WIDTH]),
        ("blk.0.ffn_gate.weight", &[WIDTH, WIDTH]),
        ("blk.0.ffn_up.weight", &[WIDTH, WIDTH]),
        ("blk.0.ffn_down.weight", &[WIDTH, WIDTH]),
    ];
    let mut file = b"GGUF".to_vec();
    file.extend(3u32.to_le_bytes());
    file.extend((tensors.len() as u64).to_le_bytes());
    file.extend((metadata.len() as u64).to_le_bytes());
    for (key, value) in &metadata {
        string(&mut file, key);
        value.write(&mut file);
    }
    let (mut values, mut state) = (Vec::new(), seed);
    for (name, shape) in tensors {
        string(&mut file, name);
        file.extend((shape.len() as u32).to_le_bytes());
        // The last dimension stands first.
        file.extend(
            shape
                .iter()
                .rev()
                .flat_map(|length| (*length as u64).to_le_bytes()),
        );
        // Floats of 32 bits.
        file.extend(0u32.to_le_bytes());
        file.extend((values.len() as u64).to_le_bytes());
        for _ in 0..shape.iter().product::<usize>() {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let value = (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5;
            values.extend(value.to_le_bytes());
        }
        values.resize(values.len().next_multiple_of(32), 0);
    }
    file.resize(file.len().next_multiple_of(32), 0);
    file.extend(values);
    file
}

/// What the last event of an answer says.
fn answer(server: &Server, body: &Value) -> Value {
    let reply = server.raw(
        "POST /api/v1/ask HTTP/1.1",
        &server.own_headers(),
        &body.to_string(),
    );
    let last = reply.split("data: ").last().expect("an event");
    let end = last.rfind('}').expect("an object") + 1;
    serde_json::from_str(&last[..end]).unwrap_or_else(|error| panic!("{error}: {reply}"))
}

#[test]
fn models_are_asked_by_name_and_stay_loaded_beside_each_other() {
    let installation = Installation::without_models();
    installation.write(
        "tea.md",
        "# Tea\n\nGreen tea is steeped at 70 degrees for two minutes.\n",
    );
    for (name, seed) in [("tiny-a", 1), ("tiny-b", 2)] {
        let file = installation.dir.path().join(format!("{name}.gguf"));
        fs::write(&file, gguf(seed)).expect("written");
        installation.ok(&["models", "add", file.to_str().expect("a plain name")]);
    }
    let settings = installation.dir.path().join(".config/rushlight");
    fs::create_dir_all(&settings).expect("made");
    fs::write(settings.join("config.toml"), "[models]\nlanguage = \"tiny-a\"\n").expect("written");
    installation.add_notes("personal");
    installation.ok(&["index", "--by-word"]);

    assert_eq!(installation.json(&["ask", QUESTION])["model"], "tiny-a");
    assert_eq!(
        installation.json(&["ask", "--model", "tiny-b", QUESTION])["model"],
        "tiny-b"
    );
    for (name, code, exit) in [
        ("tiny-c", "model_unknown", 1),
        ("multilingual-e5-small-int8", "invalid_request", 1),
        ("qwen2.5-coder-1.5b-instruct-q4_k_m", "model_missing", 2),
    ] {
        let (ended, error) = installation.fails(&["ask", "--model", name, QUESTION]);
        assert_eq!((ended, &error["code"]), (exit, &json!(code)), "{error}");
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|message| message.contains(name)),
            "{error}"
        );
        assert_ne!(error["hint"], "", "{error}");
    }

    let server = Server::start(&installation);
    for (named, writes) in [
        (Value::Null, "tiny-a"),
        (json!("tiny-b"), "tiny-b"),
        (json!("tiny-a"), "tiny-a"),
    ] {
        let asked = answer(&server, &json!({"question": QUESTION, "model": named}));
        assert_eq!(asked["answer"]["model"], writes, "{asked}");
        let receipt = asked["receipt"].as_str().expect("it is kept");
        let (status, receipt) = server.get(&format!("/api/v1/receipts/{receipt}"));
        assert_eq!(
            (status, &receipt["model"]["id"]),
            (200, &json!(writes)),
            "{receipt}"
        );
    }
    let refused = answer(&server, &json!({"question": QUESTION, "model": "tiny-c"}));
    assert_eq!(refused["error"]["code"], "model_unknown", "{refused}");
    let (_, status) = server.get("/api/v1/status");
    let loaded = status["models"]["loaded"].as_array().expect("a list");
    let names: Vec<&Value> = loaded.iter().map(|model| &model["id"]).collect();
    assert_eq!(names, ["tiny-a", "tiny-b"]);
    for model in loaded {
        let bytes = |of: &str| model[of].as_u64().expect("bytes");
        let file = installation
            .dir
            .path()
            .join(format!("{}.gguf", model["id"].as_str().expect("a name")));
        assert_eq!(bytes("weights_bytes"), fs::metadata(file).expect("there").len());
        assert!(
            bytes("conversations") > 0 && bytes("conversation_bytes") > 0,
            "{model}"
        );
        assert!(
            bytes("conversation_bytes") <= bytes("conversation_limit_bytes"),
            "{model}"
        );
    }
}
