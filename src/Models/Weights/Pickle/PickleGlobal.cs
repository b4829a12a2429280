namespace ModelService.Models.Weights.Pickle;

/// <summary>What a global of the list is good for.</summary>
internal enum PickleGlobalKind
{
    OrderedDict,
    RebuildTensor,
    RebuildTensorOfDtype,
    RebuildParameter,
    Storage,
    Size,
    Dtype,
    Inert,
}

/// <summary>A global of the list: a token, never a function or a class.</summary>
/// <param name="Name">Its full name in Python.</param>
/// <param name="Kind">What is done when it is called.</param>
/// <param name="Dtype">The element type of a storage or dtype.</param>
internal sealed record PickleGlobal(string Name, PickleGlobalKind Kind, WeightsDtype? Dtype = null);
