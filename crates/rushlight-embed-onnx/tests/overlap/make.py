"""Makes `model.onnx` and `tokenizer.json` beside it: a cross-encoder of a kilobyte that counts.

Its score is -4 plus 8 times the share of the question's known words that stand in the passage, so that a test can tell what
it must be. Inputs and output are those of a BERT-like classifier of pairs; the vocabulary is the tests' own.

    python -m venv v && v/bin/pip install onnx tokenizers && v/bin/python make.py
"""

from pathlib import Path

from onnx import TensorProto, checker, helper, save
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

HERE = Path(__file__).parent
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
WORDS = """how hot is the water for green tea seventy degrees bicycle chain needs oil a probe when does board meet march
lighthouse keeper lamp northern cape evening every light""".split()
IDEOGRAPHS = "綠茶的水要幾度用七十沖泡腳踏車鏈條該上油了"


def graph():
    def node(op, inputs, output, **attributes):
        return helper.make_node(op, inputs, [output], **attributes)

    def constant(name, kind, shape, values):
        return helper.make_tensor(name, kind, shape, values)

    floats = [
        node("Greater", ["input_ids", "last_special"], "is_word"),
        node("Cast", ["is_word"], "word", to=TensorProto.FLOAT),
        node("Cast", ["attention_mask"], "seen", to=TensorProto.FLOAT),
        node("Mul", ["word", "seen"], "seen_word"),
        node("Cast", ["token_type_ids"], "second", to=TensorProto.FLOAT),
        node("Sub", ["one", "second"], "first"),
        node("Mul", ["seen_word", "first"], "question"),
        node("Mul", ["seen_word", "second"], "passage"),
    ]
    overlap = [
        node("Unsqueeze", ["input_ids", "axis_2"], "column"),
        node("Unsqueeze", ["input_ids", "axis_1"], "row"),
        node("Equal", ["column", "row"], "is_same"),
        node("Cast", ["is_same"], "same", to=TensorProto.FLOAT),
        node("Unsqueeze", ["passage", "axis_1"], "passage_row"),
        node("Mul", ["same", "passage_row"], "met"),
        node("ReduceMax", ["met"], "found", axes=[2], keepdims=0),
        node("Mul", ["found", "question"], "found_words"),
        node("ReduceSum", ["found_words", "axis_1"], "found_count", keepdims=1),
        node("ReduceSum", ["question", "axis_1"], "count", keepdims=1),
        node("Max", ["count", "one"], "at_least_one"),
        node("Div", ["found_count", "at_least_one"], "share"),
        node("Mul", ["share", "eight"], "scaled"),
        node("Sub", ["scaled", "four"], "logits"),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1])
    constants = [
        constant("last_special", TensorProto.INT64, [], [len(SPECIAL) - 1]),
        constant("one", TensorProto.FLOAT, [], [1.0]),
        constant("four", TensorProto.FLOAT, [], [4.0]),
        constant("eight", TensorProto.FLOAT, [], [8.0]),
        constant("axis_1", TensorProto.INT64, [1], [1]),
        constant("axis_2", TensorProto.INT64, [1], [2]),
    ]
    made = helper.make_graph(floats + overlap, "overlap", inputs, [output], constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    return model


def tokenizer():
    vocabulary = {token: index for index, token in enumerate(SPECIAL + WORDS + list(IDEOGRAPHS))}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    made.add_special_tokens(SPECIAL)
    # As the files of published models have it, though it would cut the question as well.
    made.enable_truncation(max_length=128)
    made.enable_padding(pad_id=0, pad_token="[PAD]")
    return made


if __name__ == "__main__":
    save(graph(), HERE / "model.onnx")
    tokenizer().save(str(HERE / "tokenizer.json"))
