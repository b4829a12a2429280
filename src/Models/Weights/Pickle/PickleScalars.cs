namespace ModelService.Models.Weights.Pickle;

/// <summary>The opcodes that stand for one value: None, truth values, numbers, strings and bytes.</summary>
internal static class PickleScalars
{
    /// <summary>Reads what follows the opcode; false if it is none of these.</summary>
    public static bool TryRead(PickleOpcode opcode, ref PickleInput input, WeightsLimits limits, out object? value)
    {
        var most = limits.MaxStringBytes;
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
                value = input.Text(input.Byte(), most);
                return true;
            case PickleOpcode.BinString:
            case PickleOpcode.BinUnicode:
                value = input.Text(input.UInt32(), most);
                return true;
            case PickleOpcode.BinUnicode8:
                value = input.Text(input.UInt64(), most);
                return true;
            case PickleOpcode.ShortBinBytes:
                value = Bytes(input.Byte(), ref input, most);
                return true;
            case PickleOpcode.BinBytes:
                value = Bytes(input.UInt32(), ref input, most);
                return true;
            case PickleOpcode.BinBytes8:
                value = Bytes(input.UInt64(), ref input, most);
                return true;
            default:
                value = null;
                return false;
        }
    }

    /// <summary>Bytes only stand beside weights, in numpy's numbers for instance: they are stepped over.</summary>
    private static PickleInert Bytes(ulong length, ref PickleInput input, int most)
    {
        input.Bytes(length, most);
        return new PickleInert("bytes");
    }
}
