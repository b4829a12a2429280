"""onnx/: small ONNX files, written by the onnx package (1.12; Debian's python3-onnx). Run in this folder."""
import numpy
import onnx
from onnx import TensorProto, helper

FLOATS = [-2, -1, 0, 0.5, 2, 100]
SIGNED = [-2, -1, 0, 1, 2, 100]
UNSIGNED = [0, 1, 2, 3, 4, 200]
TRUTHS = [1, 0, 1, 1, 0, 1]
TYPES = {
    "float32": (TensorProto.FLOAT, "<f4", FLOATS), "float64": (TensorProto.DOUBLE, "<f8", FLOATS),
    "float16": (TensorProto.FLOAT16, "<f2", FLOATS), "int64": (TensorProto.INT64, "<i8", SIGNED),
    "int32": (TensorProto.INT32, "<i4", SIGNED), "int16": (TensorProto.INT16, "<i2", SIGNED),
    "int8": (TensorProto.INT8, "<i1", SIGNED), "uint8": (TensorProto.UINT8, "<u1", UNSIGNED),
    "bool": (TensorProto.BOOL, "<u1", TRUTHS), "bfloat16": (TensorProto.BFLOAT16, None, FLOATS),
}


def bits(values):
    return (numpy.array(values, "<f4").view("<u4") >> 16).astype("<u2")


def tensor(name, number, kind, values, raw):
    data = bits(values) if kind is None else numpy.array(values, kind)
    result = TensorProto(name=name, data_type=number, dims=[2, 3])
    if raw:
        result.raw_data = data.tobytes()
    elif number == TensorProto.FLOAT:
        result.float_data.extend(data.tolist())
    elif number == TensorProto.DOUBLE:
        result.double_data.extend(data.tolist())
    elif number == TensorProto.INT64:
        result.int64_data.extend(data.tolist())
    else:
        result.int32_data.extend((data.view("<u2") if number == TensorProto.FLOAT16 else data).tolist())
    return result


def save(path, nodes, tensors, sparse=()):
    graph = helper.make_graph(nodes, "graph", [], [], tensors, sparse_initializer=sparse)
    model = helper.make_model(graph, producer_name="generate.py")
    with open(path, "wb") as file:
        file.write(model.SerializeToString())


def one(name, shape=(1,)):
    return helper.make_tensor(name, TensorProto.FLOAT, list(shape), [1.0] * int(numpy.prod(shape)))


def main():
    save("types.onnx", [], [tensor(f"{name}.{form}", *kind, form == "raw")
                            for name, kind in TYPES.items() for form in ("raw", "typed")])
    save("order.onnx", [helper.make_node("Add", ["m", "x"], ["y"]), helper.make_node("Add", ["y", "a"], ["w"]),
                        helper.make_node("Add", ["w", "z"], ["v"]), helper.make_node("Add", ["v", "m"], ["u"])],
         [one(name) for name in ("z", "unused", "a", "m")])
    save("tiny.onnx", [], [one("1.weight", (2, 16)), one("1.bias", (2,))])
    sparse = helper.make_sparse_tensor(one("sparse"), helper.make_tensor("index", TensorProto.INT64, [1], [3]), [9])
    texts = helper.make_tensor("texts", TensorProto.STRING, [1], [b"text"])
    save("skipped.onnx", [], [one("read"), texts, TensorProto(name="wide", data_type=TensorProto.UINT64, dims=[1],
                                                              raw_data=bytes(8))], [sparse])
    external = TensorProto(name="outside", data_type=TensorProto.FLOAT, dims=[1])
    external.external_data.add(key="location", value="../weights.bin")
    external.data_location = TensorProto.EXTERNAL
    save("external.onnx", [], [external])


main()
