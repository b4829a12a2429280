namespace ModelService.Models.Weights.Pickle;

/// <summary>The meaning of a known global.</summary>
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

    /// <summary>The class of a storage.</summary>
    Storage,

    /// <summary>The class <c>torch.Size</c>.</summary>
    Size,

    /// <summary>An element type.</summary>
    Dtype,

    /// <summary>A global whose values are not needed: calls and their arguments are ignored.</summary>
    Inert,
}

/// <summary>A known global. It is a token, never a function or a class.</summary>
/// <param name="Name">Its full name in Python.</param>
/// <param name="Kind">Its meaning, which decides the result of a call.</param>
/// <param name="Dtype">The element type, for a storage or a dtype.</param>
internal sealed record PickleGlobal(string Name, PickleGlobalKind Kind, WeightsDtype? Dtype = null);
