using System.Globalization;
using ModelService.Api.Logging;
using ModelService.Api.Requests;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Prediction;
using ModelService.Models.Registry;
using ModelService.Models.Tensors;
using Serilog;

namespace ModelService.Api.OpenInference;

/// <summary>Answers requests of the protocol, over REST and gRPC, with the services of the native API.</summary>
internal sealed class Inference(PredictionService predictions, ModelCatalog catalog, IDiagnosticContext log)
{
    /// <summary>Finds a version by its name in the protocol, which is a string.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null or empty: the default.</param>
    public Outcome<VersionOfModel> Find(string name, string? version) =>
        ParseVersion(name, version, out var number) is { } failure ? failure : catalog.Find(name, number);

    /// <summary>Infers.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null or empty: the default.</param>
    /// <param name="request">The request.</param>
    /// <param name="terms">The terms of its headers.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>
    /// The outputs; or as <see cref="PredictionService.PredictAsync"/>. The protocol has no errors of single inputs, so
    /// one that can't be used fails the request.
    /// </returns>
    public async Task<Outcome<InferResponse>> InferAsync(
        string name,
        string? version,
        InferRequest request,
        RequestTerms terms,
        CancellationToken cancellationToken
    )
    {
        var predicted = await PredictAsync(
            name,
            version,
            request.Inputs,
            terms.ToPredictionTerms(request.Priority, request.Timeout),
            cancellationToken
        );
        if (!predicted.TryGet(out var result, out var failure))
            return failure;
        List<Scores> scores = [.. result.Outcomes.Select(outcome => outcome.Value!)];
        return new InferResponse(
            result.Source.Model,
            result.Source.Version.ToString(CultureInfo.InvariantCulture),
            request.Id,
            [.. request.Outputs.Select(output => Create(output, scores, result.Source.Labels))]
        );
    }

    /// <summary>Predicts. An input that can't be used fails the request.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null or empty: the default.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="terms">The terms.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public async Task<Outcome<PredictionResult>> PredictAsync(
        string name,
        string? version,
        IReadOnlyList<PredictionInput> inputs,
        PredictionTerms terms,
        CancellationToken cancellationToken
    )
    {
        if (ParseVersion(name, version, out var number) is { } unknown)
            return unknown;
        var predicted = await predictions.PredictAsync(name, number, inputs, terms, cancellationToken);
        log.Set(name, inputs.Count, predicted);
        return
            predicted.Value?.Outcomes.FirstOrDefault(outcome => outcome.Failure is not null) is { Failure: { } first }
            ? first
            : predicted;
    }

    private static InferOutput Create(RequestedOutput requested, List<Scores> scores, IReadOnlyList<string>? labels)
    {
        List<float[]> numbers =
        [
            .. scores.Select(score => requested.Name == RequestedOutput.Logits ? score.Logits : score.Probabilities),
        ];
        var classes = Math.Min(requested.Classes ?? int.MaxValue, numbers[0].Length);
        var texts = requested.Classes is null
            ? null
            : numbers
                .Zip(
                    scores,
                    (values, score) =>
                        score
                            .FindBest(classes)
                            .Select(index =>
                                string.Create(CultureInfo.InvariantCulture, $"{values[index]}:{index}")
                                + (labels is null ? "" : $":{labels[index]}")
                            )
                )
                .SelectMany(texts => texts)
                .ToList();
        return new InferOutput(requested.Name, [scores.Count, classes], numbers, texts, requested.IsBinary);
    }

    private static Failure? ParseVersion(string name, string? version, out int? number)
    {
        number = null;
        if (string.IsNullOrEmpty(version))
            return null;
        if (!int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed))
        {
            return new Failure(
                ErrorCode.VersionNotFound,
                $"The model '{Suggestions.Shorten(name)}' has no version '{Suggestions.Shorten(version)}'."
            );
        }

        number = parsed;
        return null;
    }
}

/// <summary>The answer to a request to infer, whatever its encoding will be.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version that computed it.</param>
/// <param name="Id">The request's id; null: none.</param>
/// <param name="Outputs">The outputs, in the order of the request.</param>
internal sealed record InferResponse(string Model, string Version, string? Id, IReadOnlyList<InferOutput> Outputs);

/// <summary>An output.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">The batch and the classes.</param>
/// <param name="Numbers">The numbers of each input.</param>
/// <param name="Texts">The best classes, instead of the numbers; null: the numbers.</param>
/// <param name="IsBinary">Whether it is to be binary data.</param>
internal sealed record InferOutput(
    string Name,
    int[] Shape,
    IReadOnlyList<float[]> Numbers,
    IReadOnlyList<string>? Texts,
    bool IsBinary
)
{
    /// <summary>The datatype in the protocol's words.</summary>
    public string Datatype => Texts is null ? "FP32" : "BYTES";
}
