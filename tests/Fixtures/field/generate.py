"""Writes small pictures of kinds that people bring, and pictures.json with the numbers that Pillow 9.4 and libtiff give.

Run it in this folder. B1, B3 and B4 were made elsewhere; their numbers are in pictures.json too.
"""
import io
import json
import struct
import zlib

from PIL import Image, TiffImagePlugin

TiffImagePlugin.READ_LIBTIFF = True  # else Pillow reads YCbCr without compression wrongly

WIDTH, HEIGHT = 8, 6
RGB = [((x * 36) % 256, (y * 50) % 256, (x * 20 + y * 17) % 256) for y in range(HEIGHT) for x in range(WIDTH)]


def lzw(data):
    """TIFF's LZW without any match: nine bits a byte, the table cleared before it fills up."""
    bits = []
    for i, byte in enumerate(data):
        if i % 200 == 0:
            bits.append(256)
        bits.append(byte)
    bits.append(257)
    text = "".join(f"{code:09b}" for code in bits)
    text += "0" * (-len(text) % 8)
    return bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8))


def packbits(data):
    return b"".join(bytes([len(data[i : i + 128]) - 1]) + data[i : i + 128] for i in range(0, len(data), 128))


COMPRESSIONS = {1: bytes, 5: lzw, 8: zlib.compress, 32773: packbits}


def tiff(pixels, photometric, compression=1, planar=1, tile=False, bits=8, order="<", big=False, rows=3, width=WIDTH,
         raw=None, **tags):
    """A TIFF of pixels (tuples of samples). Other tags by number: t274=6, or (type, values)."""
    samples = len(pixels[0])
    height = len(pixels) // width
    pack = (lambda values: struct.pack(order + f"{len(values)}H", *values)) if bits == 16 else bytes
    blocks = []
    for plane in range(samples if planar == 2 else 1):
        at = (lambda x, y: pixels[y * width + x][plane : plane + 1]) if planar == 2 else (
            lambda x, y: pixels[y * width + x])
        if tile:
            blank = (0,) * (1 if planar == 2 else samples)
            blocks.append([at(x, y) if x < width and y < height else blank for y in range(16) for x in range(16)])
        else:
            for top in range(0, height, rows):
                blocks.append([at(x, y) for y in range(top, min(top + rows, height)) for x in range(width)])
    data = [COMPRESSIONS[compression](pack([v for pixel in block for v in pixel])) for block in blocks]
    if raw is not None:
        data = raw
    entries = {256: width, 257: height, 258: [bits] * samples, 259: compression, 262: photometric, 277: samples,
               284: planar}
    place, size = (324, 325) if tile else (273, 279)
    entries[size] = (4, [len(block) for block in data])
    entries[place] = (4, [0] * len(data))
    if tile:
        entries[322] = entries[323] = 16
    else:
        entries[278] = rows
    entries.update({int(name[1:]): value for name, value in tags.items()})
    offset_size, offset_code = (8, "Q") if big else (4, "I")
    start = (16 if big else 8)
    entry_size = 20 if big else 12
    directory_size = (8 if big else 2) + entry_size * len(entries) + offset_size
    extra_at = start + directory_size

    def encode(kind, values):
        if kind == 5:
            return b"".join(struct.pack(order + "II", *value) for value in values)
        return struct.pack(order + f"{len(values)}{ {1: 'B', 3: 'H', 4: 'I'}[kind] }", *values)

    for attempt in range(2):
        extra, directory = b"", b""
        for tag in sorted(entries):
            value = entries[tag]
            kind, values = value if isinstance(value, tuple) else (3, value if isinstance(value, list) else [value])
            body = encode(kind, values)
            head = struct.pack(order + "HH" + offset_code, tag, kind, len(values))
            if len(body) <= offset_size:
                directory += head + body.ljust(offset_size, b"\0")
            else:
                directory += head + struct.pack(order + offset_code, extra_at + len(extra))
                extra += body + b"\0" * (len(body) % 2)
        offsets, at = [], extra_at + len(extra)
        for block in data:
            offsets.append(at)
            at += len(block)
        entries[place] = (4, offsets)
    mark = b"II" if order == "<" else b"MM"
    head = mark + (struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HI", 42, 8))
    count = struct.pack(order + ("Q" if big else "H"), len(entries))
    return head + count + directory + b"\0" * offset_size + extra + b"".join(data)


def ycbcr(pixel):
    r, g, b = pixel
    return tuple(min(255, max(0, round(value))) for value in (
        0.299 * r + 0.587 * g + 0.114 * b,
        128 - 0.168736 * r - 0.331264 * g + 0.5 * b,
        128 + 0.5 * r - 0.418688 * g - 0.081312 * b))


YCC = [ycbcr(pixel) for pixel in RGB]
FULL = (3, [1, 1])
files = {}


def add(name, data):
    files[name] = data


for name, compression in {"none": 1, "lzw": 5, "deflate": 8, "packbits": 32773}.items():
    add(f"ycbcr_{name}.tif", tiff(YCC, 6, compression, t530=FULL))
    add(f"ycbcr_{name}_planar.tif", tiff(YCC, 6, compression, planar=2, t530=FULL))
    add(f"ycbcr_{name}_tiles.tif", tiff(YCC, 6, compression, tile=True, t530=FULL))
add("rgb_planar.tif", tiff(RGB, 2, 5, planar=2))
add("ycbcr_big_endian.tif", tiff(YCC, 6, 5, order=">", t530=FULL))
add("ycbcr_bigtiff.tif", tiff(YCC, 6, 5, big=True, t530=FULL))
video = (5, [(16, 1), (235, 1), (128, 1), (240, 1), (128, 1), (240, 1)])
add("ycbcr_video_range.tif", tiff(YCC, 6, 5, t530=FULL, t532=video))
add("ycbcr_bt709.tif", tiff(YCC, 6, 5, t530=FULL, t529=(5, [(2126, 10000), (7152, 10000), (722, 10000)])))
for turn in (2, 3, 6, 8):
    add(f"ycbcr_turned_{turn}.tif", tiff(YCC, 6, 5, t530=FULL, t274=turn))
# Chroma of 2x2 pixels: four times Y, then Cb and Cr.
units = [b"".join(
    bytes([YCC[(y + j) * WIDTH + x + i][0] for j in (0, 1) for i in (0, 1)] + list(YCC[y * WIDTH + x][1:]))
    for x in range(0, WIDTH, 2)) for y in range(0, HEIGHT, 2)]
for turn in (1, 2, 3, 4, 5, 6, 7, 8):
    add(f"ycbcr_420_turned_{turn}.tif", tiff(YCC, 6, 1, raw=units, rows=2, t530=(3, [2, 2]), t274=turn))
for turn in range(1, 9):
    add(f"rgb_turned_{turn}.tif", tiff(RGB, 2, 5, t274=turn))
ALPHAS = [(7 * i) % 256 for i in range(len(RGB))]
add("rgba_associated.tif", tiff([tuple(v * a // 255 for v in p) + (a,) for p, a in zip(RGB, ALPHAS)], 2, 5, t338=1))
add("rgba_associated_16.tif", tiff([tuple(v * a // 255 * 257 for v in p) + (a * 257,) for p, a in zip(RGB, ALPHAS)], 2,
                                   5, bits=16, t338=1))
add("rgba_unassociated.tif", tiff([p + (a,) for p, a in zip(RGB, ALPHAS)], 2, 5, t338=2))
add("rgb_extra.tif", tiff([p + (a,) for p, a in zip(RGB, ALPHAS)], 2, 5, t338=0))
add("rgb_two_extra.tif", tiff([p + (a, 9) for p, a in zip(RGB, ALPHAS)], 2, 5, t338=(3, [0, 0])))
add("rgba_extra.tif", tiff([p + (a, 9) for p, a in zip(RGB, ALPHAS)], 2, 5, t338=(3, [2, 0])))
CMYK = [(255 - r, 255 - g, 255 - b, (r + g) % 99) for r, g, b in RGB]
add("cmyk.tif", tiff(CMYK, 5, 5))
add("cmyk_inks.tif", tiff(CMYK, 5, 5, t332=1))
add("white_is_zero.tif", tiff([(p[0],) for p in RGB], 0, 5))
add("palette.tif", tiff([(i % 256,) for i in range(len(RGB))], 3, 5,
                        t320=(3, [RGB[i % len(RGB)][c] * 257 for c in range(3) for i in range(256)])))


def gif(canvas, frame, data_size, palette=b"", local=b"", transparent=None, interlaced=False):
    """A GIF of one frame (left, top, width, height) whose pixel i has colour i modulo the colours."""
    def flags(colors):
        return 0x80 | (len(colors) // 3).bit_length() - 2 if colors else 0
    left, top, width, height = frame
    order = list(range(height))
    if interlaced:
        order = [*range(0, height, 8), *range(4, height, 8), *range(2, height, 4), *range(1, height, 2)]
    clear, size = 1 << data_size, data_size + 1
    codes = []
    for i, value in enumerate((x + width * y) % (1 << data_size) for y in order for x in range(width)):
        if i % ((1 << data_size) - 2) == 0:
            codes.append(clear)
        codes.append(value)
    codes.append(clear + 1)
    text = "".join(f"{code:0{size}b}"[::-1] for code in codes)
    text += "0" * (-len(text) % 8)
    data = bytes(int(text[i : i + 8][::-1], 2) for i in range(0, len(text), 8))
    blocks = b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255))
    control = b"" if transparent is None else bytes([0x21, 0xF9, 4, 1, 0, 0, transparent, 0])
    return (b"GIF89a" + struct.pack("<HHBBB", *canvas, flags(palette), 3, 0) + palette + control + b","
            + struct.pack("<HHHHB", *frame, flags(local) | (64 if interlaced else 0)) + local
            + bytes([data_size]) + blocks + b"\0;")


COLORS = bytes(v for p in RGB[5:9] for v in p)
OTHER = bytes(v for p in RGB[20:24] for v in p)
PART = (2, 1, 4, 3)
add("gif_part.gif", gif((8, 6), PART, 2, COLORS))
add("gif_part_transparent.gif", gif((8, 6), PART, 2, COLORS, transparent=2))
add("gif_part_local.gif", gif((8, 6), PART, 2, COLORS, OTHER))
add("gif_part_local_transparent.gif", gif((8, 6), PART, 2, COLORS, OTHER, transparent=1))
add("gif_part_only_local.gif", gif((8, 6), PART, 2, b"", OTHER))
add("gif_part_no_palette.gif", gif((8, 6), PART, 2))
add("gif_part_interlaced.gif", gif((8, 12), (1, 2, 5, 9), 2, COLORS, interlaced=True))
add("gif_beyond.gif", gif((5, 4), (2, 1, 6, 5), 2, COLORS, transparent=3))
add("gif_undefined_colours.gif", gif((8, 6), PART, 3, COLORS, transparent=7))
add("gif_undefined_full.gif", gif((8, 6), (0, 0, 8, 6), 3, COLORS))

cmyk = Image.new("CMYK", (16, 8))
cmyk.putdata([(x * 16, y * 30, 200 - x * 10, (x * y) % 60) for y in range(8) for x in range(16)])
buffer = io.BytesIO()
cmyk.save(buffer, "JPEG", quality=95)
data = buffer.getvalue()
add("cmyk_adobe.jpg", data)
marker = data.index(b"\xff\xee")
add("cmyk_no_adobe.jpg", data[:marker] + data[marker + 2 + struct.unpack(">H", data[marker + 2 : marker + 4])[0] :])


def bmp(bits, rows, palette=b"", compression=0, height=HEIGHT, masks=b"", header=40, width=WIDTH):
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", 40 if header == 40 else header, width, height, 1, bits, compression,
                           len(rows), 2835, 2835, len(palette) // 4, 0)
        info += masks
        if header > 40:
            info = info.ljust(header, b"\0")
    offset = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + info + palette + rows


def upward(row):
    return b"".join(row(y).ljust(-(-len(row(y)) // 4) * 4, b"\0") for y in range(HEIGHT - 1, -1, -1))


def pixel(x, y):
    return RGB[y * WIDTH + x]


BGR0 = b"".join(bytes(pixel(x, 0)[::-1]) + b"\0" for x in range(WIDTH)) + b"".join(
    bytes(pixel(x, 2)[::-1]) + b"\0" for x in range(WIDTH))
add("bmp_1.bmp", bmp(1, upward(lambda y: bytes([0b10110010 ^ y])), BGR0[:8]))
add("bmp_4.bmp", bmp(4, upward(lambda y: bytes([(y + x) % 16 << 4 | (3 * x + y) % 16 for x in range(4)])), BGR0))
add("bmp_8.bmp", bmp(8, upward(lambda y: bytes((x * y) % 16 for x in range(WIDTH))), BGR0))
add("bmp_24.bmp", bmp(24, upward(lambda y: b"".join(bytes(pixel(x, y)[::-1]) for x in range(WIDTH)))))
add("bmp_24_width_7.bmp", bmp(24, upward(lambda y: b"".join(bytes(pixel(x, y)[::-1]) for x in range(7))), width=7))
add("bmp_24_down.bmp", bmp(24, b"".join(b"".join(bytes(pixel(x, y)[::-1]) for x in range(WIDTH))
                                        for y in range(HEIGHT)), height=-HEIGHT))
add("bmp_24_os2.bmp", bmp(24, upward(lambda y: b"".join(bytes(pixel(x, y)[::-1]) for x in range(WIDTH))), header=12))
add("bmp_32.bmp", bmp(32, upward(lambda y: b"".join(bytes(pixel(x, y)[::-1]) + b"\0" for x in range(WIDTH)))))
add("bmp_32_filled.bmp", bmp(32, upward(lambda y: b"".join(bytes(pixel(x, y)[::-1]) + bytes([x * 30])
                                                           for x in range(WIDTH)))))
add("bmp_32_alpha.bmp", bmp(32, upward(lambda y: b"".join(bytes(pixel(x, y)[::-1]) + bytes([x * 30])
                                                          for x in range(WIDTH))), compression=3, header=108,
                            masks=struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)))


def short(x, y, red, green):
    r, g, b = pixel(x, y)
    return struct.pack("<H", r >> 3 << red | g >> (8 - green) << 5 | b >> 3)


add("bmp_555.bmp", bmp(16, upward(lambda y: b"".join(short(x, y, 10, 5) for x in range(WIDTH)))))
add("bmp_565.bmp", bmp(16, upward(lambda y: b"".join(short(x, y, 11, 6) for x in range(WIDTH))), compression=3,
                       masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
add("bmp_rle8.bmp", bmp(8, b"".join(bytes([3, y, 0, 5, 1, 2, 3, 4, 15, 0, 0, 0]) for y in range(HEIGHT)) + b"\0\1",
                        BGR0, compression=1))
add("bmp_rle4.bmp", bmp(4, b"".join(bytes([4, 0x1A, 0, 4, 0x25, 0x38, 0, 0]) for y in range(HEIGHT)) + b"\0\1", BGR0,
                        compression=2))

LAB = [(r, g, b) for r, g, b in RGB]
refused = {
    "lab_lzw.tif": tiff(LAB, 8, 5),
    "icclab.tif": tiff(LAB, 9, 5),
    "inks.tif": tiff(CMYK, 5, 5, t332=2),
    "ycbcr_16.tif": tiff([tuple(v * 257 for v in p) for p in YCC], 6, 5, bits=16, t530=FULL),
    "ycbcr_planar_tiles.tif": tiff(YCC, 6, 5, planar=2, tile=True, t530=FULL),
    "ycbcr_420_planar.tif": tiff(YCC, 6, 1, planar=2, t530=(3, [2, 2])),
    "gray_alpha_planar.tif": tiff([(r, g) for r, g, b in RGB], 1, 5, planar=2, t338=2),
    "zstd.tif": tiff(RGB, 2, 1, t259=50000),
    "lzma.tif": tiff(RGB, 2, 1, t259=34925),
    "webp.tif": tiff(RGB, 2, 1, t259=50001),
    "rgb_4_bits.tif": tiff(RGB, 2, 1, raw=[bytes(72)], rows=6, t258=(3, [4, 4, 4])),
    "gray_12_bits.tif": tiff([(1,)] * 48, 1, 1, raw=[bytes(72)], rows=6, t258=12),
    "ccitt_words.tif": tiff([(1,)] * 48, 1, 1, raw=[bytes(6)], rows=6, t258=1, t259=32771),
    "gray_alpha_4_bits.tif": tiff([(1, 2)] * 48, 1, 1, raw=[bytes(48)], rows=6, t258=(3, [4, 4]), t338=2),
    "palette_16_bits.tif": tiff([(1,)] * 48, 3, 1, bits=16, t320=(3, [0] * (3 << 8))),
    "rgb_565.tif": tiff(RGB, 2, 1, raw=[bytes(96)], rows=6, t258=(3, [5, 6, 5])),
}

TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # TIFF's orientation to Pillow's transposition
pictures = []
for name, content in files.items():
    with open(name, "wb") as target:
        target.write(content)
for name in [*files, "B1_ycbcr444_lzw.tif", "B3_orientation6.tif"]:
    try:
        image = Image.open(name)
        image.load()
        if "ycbcr" in name and "_turned_" in name:
            # libtiff's RGBA reading has turned some of the strips already, and Pillow turns the picture again. The right
            # picture is the one that is not turned, turned once.
            turn = int(name[-5])
            image = Image.open("ycbcr_420_turned_1.tif" if "420" in name else "ycbcr_lzw.tif")
            image.load()
            if turn > 1:
                image = image.transpose(TURNS[turn])
        entry = {"file": name, "size": image.size, "rgb": image.convert("RGB").tobytes().hex()}
        rgba = Image.new("RGBA", image.size, "white")
        rgba.alpha_composite(image.convert("RGBA"))
        entry["on_white"] = rgba.convert("RGB").tobytes().hex()
        pictures.append(entry)
    except Exception as error:
        print(name, error)
for name, content in refused.items():
    with open(name, "wb") as target:
        target.write(content)
    pictures.append({"file": name, "refused": True})
pictures.append({"file": "B4_lab.tif", "refused": True})
with open("pictures.json", "w") as target:
    target.write("[\n" + ",\n".join(json.dumps(entry) for entry in pictures) + "\n]\n")
