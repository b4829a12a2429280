namespace ModelService.Models.Weights.Pickle;

/// <summary>The meaning of a global.</summary>
internal enum PickleGlobalKind
{
    /// <summary>The class <c>OrderedDict</c>.</summary>
    OrderedDict,

    /// <summary>A function that creates a tensor of its storage's element type.</summary>
    RebuildTensor,

    /// <summary>A function that creates a tensor of a given element type.</summary>
    RebuildTensorOfDtype,

    /// <summary>A function that creates a parameter from a tensor.</summary>
    RebuildParameter,

    /// <summary>A function that creates a tensor of a kind that is not read, such as a sparse one.</summary>
    RebuildOtherTensor,

    /// <summary>The class of a storage.</summary>
    Storage,

    /// <summary>The class <c>torch.Size</c>.</summary>
    Size,

    /// <summary>An element type.</summary>
    Dtype,

    /// <summary>The function <c>getattr</c>, which names a member of an enumeration.</summary>
    Attribute,

    /// <summary>A class or function whose values are not needed: calls and their arguments are ignored.</summary>
    Opaque,
}

/// <summary>A global that a pickle names. It is a token, never a function or a class.</summary>
/// <param name="Module">Its module in Python.</param>
/// <param name="Name">Its name in the module.</param>
/// <param name="Kind">Its meaning, which decides the result of a call.</param>
/// <param name="Dtype">
/// The element type, for a storage or a dtype; null for an untyped storage, and for a type that is not read.
/// </param>
/// <param name="ElementSize">Bytes of an element, for a storage.</param>
/// <param name="Noun">A noun for the tensor that a function creates, and what to save instead.</param>
internal sealed record PickleGlobal(
    string Module,
    string Name,
    PickleGlobalKind Kind,
    WeightsDtype? Dtype = null,
    int ElementSize = 1,
    string? Noun = null
)
{
    /// <summary>Its full name in Python. The text is made on demand: a file may name very many globals.</summary>
    public string FullName => Module.Length == 0 ? Name : $"{Module}.{Name}";

    /// <summary>Whether it is the class of a storage, or an element type, that is not read.</summary>
    public bool IsOtherType =>
        Dtype is null && Kind is PickleGlobalKind.Storage or PickleGlobalKind.Dtype && Name != "UntypedStorage";
}
