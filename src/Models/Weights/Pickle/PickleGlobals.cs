using System.Collections.Frozen;

namespace ModelService.Models.Weights.Pickle;

/// <summary>
/// The globals with a meaning, above all those that make tensors: a strict list. All others are opaque or refused, as
/// <see cref="OpaqueGlobals"/> decides.
/// </summary>
internal static class PickleGlobals
{
    private static readonly FrozenDictionary<(string Module, string Name), PickleGlobal> Table = Build();

    /// <summary>The global with a name; null if a file with it is refused, even if it is not used.</summary>
    public static PickleGlobal? Find(string module, string name) =>
        Table.GetValueOrDefault((module, name))
        ?? (OpaqueGlobals.IsData(module, name) ? new PickleGlobal(module, name, PickleGlobalKind.Opaque) : null);

    /// <summary>The message about a global that is refused.</summary>
    public static string Refusal(string module, string name)
    {
        var full = Unreadable.Quote($"{Unreadable.Shorten(module)}.{name}");
        return module == "__torch__" || module.StartsWith("__torch__.", StringComparison.Ordinal)
            ? $"the file holds a whole model (class {full}), not just weights, and loading it would execute its code. "
                + "Save model.state_dict() instead: torch.save(model.state_dict(), path)"
            : $"the global {full} is not on the list of globals that may be read. Nothing in a file is executed here; "
                + "save only model.state_dict()";
    }

    private static FrozenDictionary<(string Module, string Name), PickleGlobal> Build()
    {
        var table = new Dictionary<(string Module, string Name), PickleGlobal>();
        Add("collections", "OrderedDict", PickleGlobalKind.OrderedDict);
        Add("torch._utils", "_rebuild_tensor", PickleGlobalKind.RebuildTensor);
        Add("torch._utils", "_rebuild_tensor_v2", PickleGlobalKind.RebuildTensor);
        Add("torch._utils", "_rebuild_tensor_v3", PickleGlobalKind.RebuildTensorOfDtype);
        Add("torch._utils", "_rebuild_parameter", PickleGlobalKind.RebuildParameter);
        Add("torch._utils", "_rebuild_parameter_with_state", PickleGlobalKind.RebuildParameter);
        Add("torch", "Size", PickleGlobalKind.Size);
        Add("builtins", "getattr", PickleGlobalKind.Attribute);
        Add("__builtin__", "getattr", PickleGlobalKind.Attribute);
        AddOtherTensors();
        AddStorages();
        AddDtypes();
        return table.ToFrozenDictionary();

        void Add(
            string module,
            string name,
            PickleGlobalKind kind,
            WeightsDtype? dtype = null,
            int size = 1,
            string? noun = null
        ) => table.Add((module, name), new PickleGlobal(module, name, kind, dtype, size, noun));

        void AddOtherTensors()
        {
            const string Subclass = "a tensor of a subclass (save tensor.as_subclass(torch.Tensor))";
            AddOther("torch._utils", "_rebuild_sparse_tensor", "a sparse tensor (save tensor.to_dense())");
            AddOther("torch._utils", "_rebuild_sparse_csr_tensor", "a sparse tensor (save tensor.to_dense())");
            AddOther("torch._utils", "_rebuild_qtensor", "a quantized tensor (save tensor.dequantize())");
            AddOther("torch._utils", "_rebuild_nested_tensor", "a nested tensor");
            AddOther("torch._utils", "_rebuild_meta_tensor_no_storage", "a tensor of device meta, without numbers");
            AddOther("torch._utils", "_rebuild_wrapper_subclass", Subclass);
            AddOther("torch._utils", "_rebuild_device_tensor_from_numpy", "a tensor in numpy (save tensor.cpu())");
            AddOther("torch._utils", "_rebuild_device_tensor_from_cpu_tensor", "a tensor of another device");
            AddOther("torch._tensor", "_rebuild_from_type", Subclass);
            AddOther("torch._tensor", "_rebuild_from_type_v2", Subclass);
        }

        void AddOther(string module, string name, string noun) =>
            Add(module, name, PickleGlobalKind.RebuildOtherTensor, noun: noun);

        void AddStorages()
        {
            foreach (var module in (string[])["torch", "torch.cuda"])
            {
                AddStorage(module, "FloatStorage", WeightsDtype.Float32, 4);
                AddStorage(module, "DoubleStorage", WeightsDtype.Float64, 8);
                AddStorage(module, "HalfStorage", WeightsDtype.Float16, 2);
                AddStorage(module, "BFloat16Storage", WeightsDtype.BFloat16, 2);
                AddStorage(module, "LongStorage", WeightsDtype.Int64, 8);
                AddStorage(module, "IntStorage", WeightsDtype.Int32, 4);
                AddStorage(module, "ShortStorage", WeightsDtype.Int16, 2);
                AddStorage(module, "CharStorage", WeightsDtype.Int8, 1);
                AddStorage(module, "ByteStorage", WeightsDtype.UInt8, 1);
                AddStorage(module, "BoolStorage", WeightsDtype.Bool, 1);

                // Types that are not read, of tensors beside the weights.
                AddStorage(module, "ComplexFloatStorage", null, 8);
                AddStorage(module, "ComplexDoubleStorage", null, 16);
                AddStorage(module, "QInt8Storage", null, 1);
                AddStorage(module, "QUInt8Storage", null, 1);
                AddStorage(module, "QInt32Storage", null, 4);
                AddStorage(module, "QUInt4x2Storage", null, 1);
                AddStorage(module, "QUInt2x4Storage", null, 1);
            }

            AddStorage("torch.storage", "UntypedStorage", null, 1);
        }

        void AddStorage(string module, string name, WeightsDtype? dtype, int size) =>
            Add(module, name, PickleGlobalKind.Storage, dtype, size);

        void AddDtypes()
        {
            foreach (var dtype in Enum.GetValues<WeightsDtype>())
                Add("torch", dtype.Text(), PickleGlobalKind.Dtype, dtype);
            string[] others =
            [
                "complex32",
                "complex64",
                "complex128",
                "uint16",
                "uint32",
                "uint64",
                "float8_e4m3fn",
                "float8_e4m3fnuz",
                "float8_e5m2",
                "float8_e5m2fnuz",
                "float8_e8m0fnu",
                "qint8",
                "quint8",
                "qint32",
                "quint4x2",
                "quint2x4",
            ];
            foreach (var name in others)
                Add("torch", name, PickleGlobalKind.Dtype);
        }
    }
}
