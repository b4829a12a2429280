using System.Collections.Frozen;

namespace ModelService.Models.Weights.Pickle;

/// <summary>
/// The list of globals that a pickle may name. A file that names any other one is refused, even if it is not used.
/// </summary>
internal static class PickleGlobals
{
    private static readonly FrozenDictionary<(string Module, string Name), PickleGlobal> Table = Build();

    /// <summary>The global with a name; null if it is not on the list.</summary>
    public static PickleGlobal? Find(string module, string name) => Table.GetValueOrDefault((module, name));

    /// <summary>The message about a global that is not on the list.</summary>
    public static string Refusal(string module, string name)
    {
        var full = Unreadable.Quote($"{module}.{name}");
        return IsModelClass(module)
            ? $"the file holds a whole model (class {full}), not just weights, and loading it would execute its code. "
                + "Save model.state_dict() instead: torch.save(model.state_dict(), path)"
            : $"the global {full} is not on the list of globals that may be read. Nothing in a file is executed here; "
                + "save only model.state_dict()";
    }

    private static bool IsModelClass(string module) =>
        module is "__main__" or "__torch__"
        || module.StartsWith("__torch__.", StringComparison.Ordinal)
        || module.StartsWith("torch.nn.modules.", StringComparison.Ordinal)
        || module.StartsWith("torchvision.models.", StringComparison.Ordinal)
        || module.StartsWith("timm.models.", StringComparison.Ordinal);

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
        AddStorages();
        AddDtypes();

        // Values that checkpoints have beside the weights.
        Add("torch", "device", PickleGlobalKind.Inert);
        Add("argparse", "Namespace", PickleGlobalKind.Inert);
        Add("collections", "Counter", PickleGlobalKind.Inert);
        Add("_codecs", "encode", PickleGlobalKind.Inert);
        Add("numpy", "dtype", PickleGlobalKind.Inert);
        Add("numpy.core.multiarray", "scalar", PickleGlobalKind.Inert);
        Add("numpy._core.multiarray", "scalar", PickleGlobalKind.Inert);
        foreach (var module in (string[])["pathlib", "pathlib._local"])
        {
            foreach (
                var name in (string[])
                    ["Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"]
            )
            {
                Add(module, name, PickleGlobalKind.Inert);
            }
        }

        foreach (var module in (string[])["builtins", "__builtin__"])
        {
            Add(module, "set", PickleGlobalKind.Inert);
            Add(module, "frozenset", PickleGlobalKind.Inert);
        }

        return table.ToFrozenDictionary();

        void Add(string module, string name, PickleGlobalKind kind, WeightsDtype? dtype = null) =>
            table.Add((module, name), new PickleGlobal($"{module}.{name}", kind, dtype));

        void AddStorages()
        {
            foreach (var module in (string[])["torch", "torch.cuda"])
            {
                Add(module, "FloatStorage", PickleGlobalKind.Storage, WeightsDtype.Float32);
                Add(module, "DoubleStorage", PickleGlobalKind.Storage, WeightsDtype.Float64);
                Add(module, "HalfStorage", PickleGlobalKind.Storage, WeightsDtype.Float16);
                Add(module, "BFloat16Storage", PickleGlobalKind.Storage, WeightsDtype.BFloat16);
                Add(module, "LongStorage", PickleGlobalKind.Storage, WeightsDtype.Int64);
                Add(module, "IntStorage", PickleGlobalKind.Storage, WeightsDtype.Int32);
                Add(module, "ShortStorage", PickleGlobalKind.Storage, WeightsDtype.Int16);
                Add(module, "CharStorage", PickleGlobalKind.Storage, WeightsDtype.Int8);
                Add(module, "ByteStorage", PickleGlobalKind.Storage, WeightsDtype.UInt8);
                Add(module, "BoolStorage", PickleGlobalKind.Storage, WeightsDtype.Bool);
            }

            Add("torch.storage", "UntypedStorage", PickleGlobalKind.Storage);
        }

        void AddDtypes()
        {
            foreach (var dtype in Enum.GetValues<WeightsDtype>())
                Add("torch", dtype.Text(), PickleGlobalKind.Dtype, dtype);
        }
    }
}
