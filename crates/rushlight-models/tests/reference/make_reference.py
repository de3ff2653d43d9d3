"""Makes e5_reference.json: token ids and vectors of a few texts, computed by an implementation of its own.

Nothing here is shared with the program: the file format is read anew, the tokenizer is a plain Viterbi search over the
pieces, and the encoder is a float32 forward pass in numpy over the dequantized weights. Run once, and again only when
the texts or the model change:

    python3 -m pip install numpy==2.4.6
    python3 make_reference.py path/to/e5-small-q4.bin > e5_reference.json
"""

import json
import math
import struct
import sys
import unicodedata

import numpy as np

TEXTS = [
    ("query", "how much protein should I eat each day"),
    ("passage", "The recommended daily amount of protein for adults is about 0.8 grams per kilogram of body weight."),
    ("query", "會議什麼時候開始？"),
    ("passage", "董事會定於二〇二六年三月十四日上午九時在臺北總公司召開，請各位董事準時出席，並事先閱讀附件。"),
    ("query", "会议什么时候开始？"),
    ("passage", "董事会定于2026年3月14日上午9时在总公司召开，请各位董事准时出席，并事先阅读附件。"),
    ("passage", "Invoice INV-2024-0093: EUR 1,204.50, due on 1 April. IBAN DE89 3704 0044 0532 0130 00."),
    ("passage", "Ｆｕｌｌ　ｗｉｄｔｈ ｆｏｒｍｓ, ligatures ﬁ ﬂ, a cafe\u0301, ～波浪～, ½ and ①②③."),
    ("query", "server won't start: error 0x80070005"),
    ("passage", "合約編號 HK-2023-117 will be renewed 自動續約 unless either party gives 三十日 written notice。"),
    ("passage", "A text that mentions </s> and <mask> and <unk>\tas words,\r\n\r\n  with   odd \u200b white space.  "),
    ("passage", " ".join([
        "The cooperative was founded by eleven bakers who had lost their ovens in the same winter.",
        "For the first three years its books were kept by hand, in a ledger with a green cover, and every member could read it.",
        "In 1987 the annual meeting decided to lend out a tenth of the surplus, at no interest, to anyone who wished to bake.",
        "Of forty-two loans, thirty-nine were repaid; the other three are the reason why the statutes have a section seven.",
        "Section seven says that a loan above 12,000 needs two signatures, and that nobody may sign for a relative.",
        "The archive in the cellar flooded in 2002. What could be dried was dried on the ovens, page by page, which took until spring.",
    ])),
    ("passage", "".join([
        "合作社由十一位麵包師傅創立，他們在同一個冬天失去了烤爐。頭三年的帳目全用手寫，記在一本綠皮帳簿裡，每位社員都可以翻閱。",
        "一九八七年的年會決議，把盈餘的十分之一無息借給願意烘焙的人。四十二筆借款中有三十九筆還清，另外三筆便是章程第七條的由來。",
        "第七條規定，超過一萬二千元的借款須有兩人簽名，而且任何人都不得替親屬簽名。二〇〇二年地下室的檔案室淹水，",
        "能晾乾的文件一頁一頁在烤爐上烘乾，一直忙到春天。如今這些紙張仍帶著麵粉的氣味，館員說這是全城最香的檔案。",
    ])),
    ("passage", "".join([
        "设备维护记录：三号泵于周二凌晨停机，原因是轴承温度超过九十五度。值班人员先关闭进水阀，再切换到备用泵，全程用时十一分钟。",
        "更换轴承后试运行四小时，振动值稳定在每秒二点一毫米以下。建议下次检修时一并检查联轴器，并把润滑周期从三百小时缩短到二百小时。",
        "备件清单：深沟球轴承两只，机械密封一套，润滑脂一公斤。费用由运行部承担，发票号码另附。",
    ])),
    ("passage", "fn main() { let total: u64 = rows.iter().map(|row| row.amount).sum(); println!(\"{total}\"); } "
        "// returns Err(E0042) when `rows` is empty; see https://example.org/issues/118?page=2#c7 and RFC 2047 "
        "| id | amount | note |\n|---|---|---|\n| 1 | 250 | rent |\n| 2 | 19.90 | tea |\n| 3 | -4 | refund |"),
    ("passage", " ".join(f"Line {i}: 第{i}行 the ledger is the truth, both indexes are derived 帳本為準。" for i in range(60))),
]


class Model:
    def __init__(self, path):
        self.data = open(path, "rb").read()
        self.at = 0
        assert self.data[:4] == b"E5S1"
        self.at = 8
        self.hidden, self.layers, self.heads, self.inner, self.vocabulary, self.max_tokens, _ = self.read("7i")
        (self.epsilon,) = self.read("f")
        _, count, self.bos, self.eos, self.pad, self.unk = self.read("6i")
        (blob_size,) = self.read("Q")
        offsets = self.read(f"{count + 1}I")
        scores = self.read(f"{count}f")
        blob = self.take(blob_size)
        pieces = [blob[a:b].decode() for a, b in zip(offsets, offsets[1:])]
        special = {self.bos, self.eos, self.pad, self.unk, pieces.index("<mask>")}
        self.pieces = {piece: i for i, piece in enumerate(pieces) if i not in special}
        self.scores = scores
        self.longest = max(map(len, self.pieces))
        pairs, size = self.read("iI")
        mapped, self.map = self.take(size), {}
        at = 0
        for _ in range(pairs):
            code, length = struct.unpack_from("<IB", mapped, at)
            self.map[chr(code)] = "".join(map(chr, struct.unpack_from(f"<{length}I", mapped, at + 5)))
            at += 5 + 4 * length
        self.tensors = {}
        for _ in range(self.read("i")[0]):
            name = self.take(self.read("H")[0]).decode()
            kind, _, offset, size = self.read("BIQQ")
            self.tensors[name] = self.dequantize(self.data[offset : offset + size], kind)

    def take(self, count):
        self.at += count
        return self.data[self.at - count : self.at]

    def read(self, layout):
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))

    @staticmethod
    def dequantize(raw, kind):
        if kind == 0:
            return np.frombuffer(raw, "<f4")
        blocks = np.frombuffer(raw, np.dtype([("scale", "<f2"), ("bytes", "u1", 16)]))
        low, high = blocks["bytes"] & 15, blocks["bytes"] >> 4
        values = np.concatenate([low, high], axis=1).astype(np.float32) - 8
        return (values * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)

    def tokens(self, text):
        text = unicodedata.normalize("NFC", "".join(self.map.get(c, c) for c in text))
        ids = [self.bos]
        for word in text.split():
            ids += self.word_tokens("\u2581" + word)
        return ids[: self.max_tokens - 1] + [self.eos]

    def word_tokens(self, word):
        unknown = min(self.scores) - 10
        best = [(0.0, 0, 0)] + [(-math.inf, 0, 0)] * len(word)
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + self.longest) + 1):
                piece = self.pieces.get(word[start:end])
                if piece is not None:
                    score = best[start][0] + self.scores[piece]
                elif end == start + 1:
                    piece, score = self.unk, best[start][0] + unknown
                else:
                    continue
                if score > best[end][0]:
                    best[end] = (score, start, piece)
        ids, at = [], len(word)
        while at:
            _, start, piece = best[at]
            # Unknown characters in a row are one token.
            if not (piece == self.unk and ids and ids[-1] == self.unk):
                ids.append(piece)
            at = start
        return ids[::-1]

    def matrix(self, name, rows):
        return self.tensors[name].reshape(rows, -1)

    def normalize(self, x, name):
        mean = x.mean(-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(-1, keepdims=True)
        return (x - mean) / np.sqrt(variance + self.epsilon) * self.tensors[name + ".w"] + self.tensors[name + ".b"]

    def linear(self, x, name, rows):
        return x @ self.matrix(name + ".w", rows).T + self.tensors[name + ".b"]

    def vector(self, ids):
        count, size = len(ids), self.hidden // self.heads
        x = self.matrix("emb.word", self.vocabulary)[ids]
        x = x + self.matrix("emb.pos", self.max_tokens)[:count] + self.tensors["emb.type"][: self.hidden]
        x = self.normalize(x, "emb.ln")
        for layer in range(self.layers):
            name = f"l{layer}."
            split = lambda y: y.reshape(count, self.heads, size).transpose(1, 0, 2)
            q, k, v = (split(self.linear(x, name + part, self.hidden)) for part in "qkv")
            weights = q @ k.transpose(0, 2, 1) / np.float32(math.sqrt(size))
            weights = np.exp(weights - weights.max(-1, keepdims=True))
            weights /= weights.sum(-1, keepdims=True)
            context = (weights @ v).transpose(1, 0, 2).reshape(count, self.hidden)
            x = self.normalize(x + self.linear(context, name + "ao", self.hidden), name + "aln")
            inner = self.linear(x, name + "fi", self.inner)
            inner = 0.5 * inner * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)).astype(np.float32))
            x = self.normalize(x + self.linear(inner, name + "fo", self.hidden), name + "oln")
        mean = x.mean(0)
        return mean / np.linalg.norm(mean)


def main():
    model = Model(sys.argv[1])
    cases = []
    for kind, text in TEXTS:
        ids = model.tokens(f"{kind}: {text}")
        vector = [round(float(value), 6) for value in model.vector(ids)]
        cases.append({"kind": kind, "text": text, "ids": ids, "vector": vector})
    lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
    print("[\n" + lines + "\n]")


main()
