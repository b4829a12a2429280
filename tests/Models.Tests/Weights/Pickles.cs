using System.Buffers.Binary;
using System.Text;

namespace ModelService.Models.Tests.Weights;

/// <summary>Pickle opcodes by hand.</summary>
internal static class Pickles
{
    public static byte[] Proto2 => [0x80, 2];

    public static byte[] EmptyOrderedDict => Join(Global("collections", "OrderedDict"), Op(')'), Op('R'));

    public static byte[] Op(params char[] opcodes) => [.. opcodes.Select(opcode => (byte)opcode)];

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    public static byte[] Text(string value)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, Encoding.UTF8.GetByteCount(value));
        return Join(Op('X'), length, Encoding.UTF8.GetBytes(value));
    }

    public static byte[] Integer(long value)
    {
        var number = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, value);
        return Join([0x8a, 8], number);
    }

    public static byte[] Global(string module, string name) => Encoding.UTF8.GetBytes($"c{module}\n{name}\n");

    public static byte[] Tuple(params byte[][] items) => Join(Op('('), Join(items), Op('t'));

    public static byte[] Call(byte[] callee, params byte[][] arguments) => Join(callee, Tuple(arguments), Op('R'));

    public static byte[] Dict(params (string Key, byte[] Value)[] items) =>
        Join(Op('}'), Op('('), Join([.. items.Select(item => Join(Text(item.Key), item.Value))]), Op('u'));

    public static byte[] Longs(params long[] values) => Tuple([.. values.Select(Integer)]);

    public static byte[] StorageOf(string key, long count, string type = "FloatStorage", byte[]? view = null) =>
        Join(
            Tuple(Text("storage"), Global("torch", type), Text(key), Text("cpu"), Integer(count), view ?? []),
            Op('Q')
        );

    public static byte[] Tensor(byte[] storage, long[] shape, long[] strides, long offset = 0) =>
        Call(
            Global("torch._utils", "_rebuild_tensor_v2"),
            storage,
            Integer(offset),
            Longs(shape),
            Longs(strides),
            [0x89],
            EmptyOrderedDict
        );

    /// <summary>A whole pickle of the value.</summary>
    public static byte[] Whole(params byte[][] value) => Join(Proto2, Join(value), Op('.'));

    /// <summary>The legacy stream around an object.</summary>
    public static byte[] Legacy(byte[] root, params (string Key, long Count, byte[] Data)[] storages)
    {
        var keys = Join(Op(']'), Op('('), Join([.. storages.Select(storage => Text(storage.Key))]), Op('e'));
        return Join(
            Whole([0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]),
            Whole(Integer(1001)),
            Whole(Dict(("little_endian", [0x88]))),
            Whole(root),
            Whole(keys),
            Join([.. storages.Select(storage => Join(BitConverter.GetBytes(storage.Count), storage.Data))])
        );
    }
}
