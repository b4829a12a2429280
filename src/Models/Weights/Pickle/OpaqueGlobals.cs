using System.Collections.Frozen;

namespace ModelService.Models.Weights.Pickle;

/// <summary>
/// Decides which globals that make no tensors may stand in a file: as data beside the weights, which becomes a
/// <see cref="PickleOpaque"/>. Nothing is looked up or called. Of Python's standard library and of packages that run
/// code, only the listed classes are data, so that a file that is made to attack Python is refused by name. Of other
/// packages, and of the training script itself (<c>__main__</c>), everything is data.
/// </summary>
internal static class OpaqueGlobals
{
    /// <summary>Most characters of a module or a name. In practice they have less than a hundred.</summary>
    private const int MaxLength = 256;

    private static readonly FrozenSet<(string Module, string Name)> Listed = Parse(
        """
        argparse: Namespace
        array: array _array_reconstructor
        builtins: Ellipsis NotImplemented bool bytearray bytes complex dict float frozenset int list object range set
        builtins: slice str tuple
        __builtin__: Ellipsis NotImplemented bool bytearray complex dict float frozenset int list long object set slice
        __builtin__: str tuple unicode xrange
        collections: ChainMap Counter UserDict UserList UserString defaultdict deque
        copy_reg: _reconstructor
        copyreg: _reconstructor
        dataclasses: MISSING _MISSING_TYPE _HAS_DEFAULT_FACTORY_CLASS
        datetime: date datetime time timedelta timezone
        decimal: Decimal
        enum: Enum Flag IntEnum IntFlag StrEnum
        fractions: Fraction
        functools: partial
        inspect: Parameter Signature _ParameterKind _empty
        ipaddress: IPv4Address IPv6Address
        itertools: chain count cycle islice repeat
        logging: getLogger
        random: Random
        time: struct_time
        types: MappingProxyType SimpleNamespace
        uuid: SafeUUID UUID
        zoneinfo: ZoneInfo
        _codecs: encode
        _io: BytesIO StringIO
        io: BytesIO StringIO
        operator: getitem
        _operator: getitem
        re: _compile
        pathlib: Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath
        pathlib._local: Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath
        numpy: bool_ bool bytes_ complex128 complex64 dtype float16 float32 float64 int16 int32 int64 int8 longlong
        numpy: matrix memmap ndarray recarray str_ uint16 uint32 uint64 uint8 ulonglong void
        numpy.core.multiarray: _reconstruct scalar
        numpy._core.multiarray: _reconstruct scalar
        numpy.core.numeric: _frombuffer
        numpy._core.numeric: _frombuffer
        numpy.ma.core: MaskedArray _mareconstruct
        numpy.random._pickle: __bit_generator_ctor __generator_ctor __randomstate_ctor
        numpy.random.mtrand: RandomState
        numpy.random._generator: Generator
        numpy.random._mt19937: MT19937
        numpy.random._pcg64: PCG64 PCG64DXSM
        numpy.random._philox: Philox
        numpy.random._sfc64: SFC64
        numpy.random.bit_generator: SeedSequence SeedlessSeedSequence
        torch: Generator Tensor device sparse_coo sparse_csr strided
        torch: channels_last channels_last_3d contiguous_format preserve_format
        torch: per_channel_affine per_channel_affine_float_qparams per_channel_symmetric per_tensor_affine
        torch: per_tensor_symmetric
        torch._C: Generator
        torch._C._nn: gelu hardtanh leaky_relu
        torch.nn.functional: binary_cross_entropy cross_entropy elu gelu hardswish leaky_relu mish mse_loss nll_loss
        torch.nn.functional: relu relu6 selu sigmoid silu softmax softplus tanh
        torch.serialization: _get_layout
        torch.torch_version: TorchVersion
        torch.utils.data.dataset: ConcatDataset Dataset IterableDataset Subset TensorDataset
        torch.utils.data.dataloader: DataLoader
        torch.utils.data.sampler: BatchSampler RandomSampler Sampler SequentialSampler SubsetRandomSampler
        """
    );

    // Of these, classes are data. Python's classes begin with a capital letter, its modules and functions don't.
    private static readonly string[] OfClasses =
    [
        "numpy.dtypes",
        "torch.amp",
        "torch.ao.nn",
        "torch.ao.quantization",
        "torch.cuda.amp",
        "torch.distributed._shard",
        "torch.distributed._tensor",
        "torch.distributed.tensor",
        "torch.distributions",
        "torch.nn",
        "torch.optim",
        "torch.quantization",
        "typing",
    ];

    /// <summary>Whether a global is data. If not, a file that names it is refused.</summary>
    public static bool IsData(string module, string name)
    {
        if (Listed.Contains((module, name)))
            return true;
        if (!IsName(module, isModule: true) || !IsName(name, isModule: false))
            return false;
        if (IsRestricted(module))
            return IsOfClasses(module) && char.IsAsciiLetterUpper(name[0]) && !name.Contains('.');
        return !module.Split('.').Any(PythonModules.Reached.Contains)
            && !name.Split('.').Any(PythonModules.Reached.Contains)
            && !name.Split('.').Any(PythonModules.Functions.Contains);
    }

    /// <summary>Whether a class of a module may be an enumeration with a member of a name.</summary>
    public static bool IsMember(string module, string name) =>
        !IsRestricted(module) && !name.Contains('.') && IsData(module, name);

    /// <summary>Whether only listed classes of a module are data.</summary>
    private static bool IsRestricted(string module)
    {
        var top = module.Split('.')[0];
        return PythonModules.StandardLibrary.Contains(top) || PythonModules.RunCode.Contains(top);
    }

    private static bool IsOfClasses(string module) =>
        OfClasses.Any(known =>
            module == known || (module.StartsWith(known, StringComparison.Ordinal) && module[known.Length] == '.')
        );

    /// <summary>
    /// Whether a text is words with dots between them. Words such as <c>__class__</c> are how an attack gets from one
    /// object to another; as a module, only <c>__main__</c> is data.
    /// </summary>
    private static bool IsName(string text, bool isModule) =>
        text.Length <= MaxLength
        && text.Split('.')
            .All(word =>
                word.Length > 0
                && word.All(letter => char.IsLetterOrDigit(letter) || letter == '_' || (isModule && letter == '-'))
                && (!word.StartsWith("__", StringComparison.Ordinal) || (isModule && text == "__main__"))
            );

    private static FrozenSet<(string Module, string Name)> Parse(string lines) =>
        (
            from line in lines.Split('\n')
            let parts = line.Split(':')
            from name in parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)
            select (parts[0].Trim(), name.Trim())
        ).ToFrozenSet();
}
