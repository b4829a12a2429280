using System.Globalization;
using ModelService.Models.Registry;

namespace ModelService.Api.OpenInference;

/// <summary>What the server tells of itself.</summary>
/// <param name="Name">The server's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Extensions">The extensions of the protocol that it supports.</param>
internal sealed record ServerDescription(string Name, string Version, IReadOnlyList<string> Extensions)
{
    /// <summary>This server.</summary>
    public static ServerDescription This { get; } =
        new(
            "model-service",
            CommandLine.Version,
            [
                "binary_tensor_data",
                "classification",
                "model_configuration",
                "model_repository",
                "parameters",
                "schedule_policy",
                "statistics",
            ]
        );
}

/// <summary>A tensor that a model takes or gives.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">Its datatype.</param>
/// <param name="Shape">Its sizes; -1 for the batch.</param>
internal sealed record TensorDescription(string Name, string Datatype, IReadOnlyList<long> Shape);

/// <summary>A model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Versions">Its versions.</param>
/// <param name="Platform">What computes it.</param>
/// <param name="Inputs">The inputs, of which a request has one.</param>
/// <param name="Outputs">The outputs.</param>
internal sealed record ModelDescription(
    string Name,
    IReadOnlyList<string> Versions,
    string Platform,
    IReadOnlyList<TensorDescription> Inputs,
    IReadOnlyList<TensorDescription> Outputs
)
{
    /// <summary>The name of the platform, of the form PROJECT_FORMAT.</summary>
    public const string TorchSharp = "torchsharp_json";

    /// <summary>Describes a version.</summary>
    /// <param name="found">The version.</param>
    public static ModelDescription Create(VersionOfModel found)
    {
        var model = found.Version.Resolved;
        IReadOnlyList<long> scores = [-1, model.ClassCount];
        TensorDescription input = new(InferTensor.Input, "FP32", [-1, .. model.Analysis.Input.Sizes]);
        return new ModelDescription(
            found.Model.Name,
            [.. found.Model.Versions.Select(version => version.Version.ToString(CultureInfo.InvariantCulture))],
            TorchSharp,
            model.Preprocessing is null ? [input] : [new(InferTensor.Image, "BYTES", [-1]), input],
            [new(RequestedOutput.Logits, "FP32", scores), new(RequestedOutput.Probabilities, "FP32", scores)]
        );
    }
}
