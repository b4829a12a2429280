using ModelService.Models.Errors;
using ModelService.Models.Scheduling;
using ModelService.Models.Tensors;

namespace ModelService.Api.OpenInference;

/// <summary>A request to infer, whatever its encoding was.</summary>
/// <param name="Id">Given back in the answer; null: none.</param>
/// <param name="Priority">The priority; null: that of the headers.</param>
/// <param name="Timeout">The timeout; null: that of the headers.</param>
/// <param name="Inputs">The inputs, at least one.</param>
/// <param name="Outputs">The outputs, at least one.</param>
internal sealed record InferRequest(
    string? Id,
    Priority? Priority,
    TimeSpan? Timeout,
    IReadOnlyList<PredictionInput> Inputs,
    IReadOnlyList<RequestedOutput> Outputs
);

/// <summary>An output that a request asks for.</summary>
/// <param name="Name"><c>logits</c> or <c>probabilities</c>.</param>
/// <param name="Classes">The number of best classes as text; null: the numbers of all classes.</param>
/// <param name="IsBinary">Whether it is to be binary data.</param>
internal sealed record RequestedOutput(string Name, int? Classes, bool IsBinary)
{
    /// <summary>The network's output.</summary>
    public const string Logits = "logits";

    /// <summary>Softmax of the logits.</summary>
    public const string Probabilities = "probabilities";

    /// <summary>All outputs.</summary>
    /// <param name="isBinary">Whether they are to be binary data.</param>
    public static IReadOnlyList<RequestedOutput> All(bool isBinary) =>
        [new(Logits, null, isBinary), new(Probabilities, null, isBinary)];

    /// <summary>Creates one from its parameters.</summary>
    /// <param name="name">The name.</param>
    /// <param name="parameters">The parameters.</param>
    /// <param name="isBinary">Whether it is to be binary data, unless its parameters say.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public static RequestedOutput Create(string name, InferParameters parameters, bool isBinary)
    {
        if (name is not (Logits or Probabilities))
        {
            throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The output '{Suggestions.Shorten(name)}' is unknown. A model has '{Logits}' and '{Probabilities}'."
            );
        }

        var classes = parameters.Integer("classification");
        if (classes is < 1 or > int.MaxValue)
        {
            throw new ServingException(
                ErrorCode.MalformedRequest,
                "The parameter 'classification' must be a whole number from 1."
            );
        }

        return new RequestedOutput(name, (int?)classes, parameters.Bool("binary_data") ?? isBinary);
    }

    /// <summary>Checks that no output is asked for twice.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public static IReadOnlyList<RequestedOutput> CheckDistinct(IReadOnlyList<RequestedOutput> outputs) =>
        outputs.Select(output => output.Name).Distinct().Count() == outputs.Count
            ? outputs
            : throw new ServingException(ErrorCode.MalformedRequest, "An output is asked for twice.");
}
