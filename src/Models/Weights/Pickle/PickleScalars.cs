namespace ModelService.Models.Weights.Pickle;

/// <summary>Reads the opcodes that push a single value: None, booleans, numbers, strings and bytes.</summary>
internal static class PickleScalars
{
    /// <summary>Reads the value that follows the opcode.</summary>
    /// <returns>False if the opcode is not one of these.</returns>
    public static bool TryRead(PickleOpcode opcode, ref PickleInput input, WeightsLimits limits, out object? value)
    {
        var max = limits.MaxStringBytes;
        switch (opcode)
        {
            case PickleOpcode.None:
                value = null;
                return true;
            case PickleOpcode.NewTrue:
            case PickleOpcode.NewFalse:
                value = opcode == PickleOpcode.NewTrue;
                return true;
            case PickleOpcode.BinInt:
                value = (long)input.Int32();
                return true;
            case PickleOpcode.BinInt1:
                value = (long)input.Byte();
                return true;
            case PickleOpcode.BinInt2:
                value = (long)input.UInt16();
                return true;
            case PickleOpcode.Long1:
                value = input.Integer(input.Byte());
                return true;
            case PickleOpcode.Long4:
                value = input.Integer(input.Int32());
                return true;
            case PickleOpcode.BinFloat:
                value = input.Double();
                return true;
            case PickleOpcode.ShortBinString:
            case PickleOpcode.ShortBinUnicode:
                value = input.Text(input.Byte(), max);
                return true;
            case PickleOpcode.BinString:
            case PickleOpcode.BinUnicode:
                value = input.Text(input.UInt32(), max);
                return true;
            case PickleOpcode.BinUnicode8:
                value = input.Text(input.UInt64(), max);
                return true;
            case PickleOpcode.ShortBinBytes:
                value = Bytes(input.Byte(), ref input, max);
                return true;
            case PickleOpcode.BinBytes:
                value = Bytes(input.UInt32(), ref input, max);
                return true;
            case PickleOpcode.BinBytes8:
                value = Bytes(input.UInt64(), ref input, max);
                return true;
            default:
                value = null;
                return false;
        }
    }

    /// <summary>Skips bytes. They occur only beside weights, for instance in numbers of numpy.</summary>
    private static PickleOpaque Bytes(ulong length, ref PickleInput input, int max)
    {
        input.Bytes(length, max);
        return PickleOpaque.Bytes;
    }
}
