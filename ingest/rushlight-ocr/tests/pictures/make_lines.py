"""Draws `lines.png`, the picture that the model test reads. Needs Pillow and the fonts Liberation and Noto CJK."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

CJK = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
LINES = [
    ("/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf", 0, "A rushlight is a candle of the poor."),
    (CJK, 3, "燈草浸過油脂，點起來就是一盞燈。"),
    (CJK, 2, "灯草浸过油脂，点起来就是一盏灯。"),
]

image = Image.new("L", (560, 190), 255)
draw = ImageDraw.Draw(image)
for row, (path, face, text) in enumerate(LINES):
    draw.text((20, 16 + 56 * row), text, font=ImageFont.truetype(path, 30, index=face), fill=0)
image.quantize(8).save(Path(__file__).with_name("lines.png"), optimize=True)
