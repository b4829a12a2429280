using ModelService.Models.Errors;
using ModelService.Models.Graph;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>Activations as libtorch and oneDNN name them.</summary>
internal static class Activations
{
    /// <summary>
    /// The name of an activation that can end one of oneDNN's convolutions or matrix products; null where it can't.
    /// </summary>
    public static string? FusedName(ActivationFunction function) =>
        function.Kind switch
        {
            ActivationKind.Silu => "swish",
            ActivationKind.Elu or ActivationKind.Celu or ActivationKind.Selu => null,
            ActivationKind.Mish or ActivationKind.Softplus => null,
            _ => Function(function),
        };

    /// <summary>For GELU the formula, as libtorch and oneDNN name it; null for the others.</summary>
    public static string? Formula(ActivationFunction function) =>
        function.Kind switch
        {
            ActivationKind.Gelu => "none",
            ActivationKind.GeluTanh => "tanh",
            _ => null,
        };

    /// <summary>The call of libtorch's function.</summary>
    /// <param name="function">The activation.</param>
    /// <param name="input">The expression that it takes.</param>
    /// <param name="isInPlace">Whether the result overwrites the input.</param>
    public static string Call(ActivationFunction function, string input, bool isInPlace)
    {
        var numbers = string.Concat(Numbers(function).Select(number => $", {Literal.Format(number)}"));
        var formula = Formula(function) is { } text ? $", approximate={Literal.Format(text)}" : "";
        var overwrites = isInPlace && function.Kind != ActivationKind.Softplus; // libtorch has no softplus_
        return $"torch.{Function(function)}{(overwrites ? "_" : "")}({input}{numbers}{formula})";
    }

    /// <summary>The numbers that libtorch's and oneDNN's function takes.</summary>
    public static double[] Numbers(ActivationFunction function) =>
        function.Kind == ActivationKind.Relu6 ? [0, 6] : function.Numbers;

    private static string Function(ActivationFunction function) =>
        function.Kind switch
        {
            ActivationKind.Relu6 => "hardtanh",
            ActivationKind.GeluTanh => "gelu",
            _ => WireNames.Get(function.Kind),
        };
}
