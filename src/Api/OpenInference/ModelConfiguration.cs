using ModelService.Models.Registry;

namespace ModelService.Api.OpenInference;

/// <summary>The configuration of a model, as far as load generators and sample clients read it.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Platform">What computes it.</param>
/// <param name="MaxBatchSize">The largest number of inputs of a request.</param>
/// <param name="Input">The inputs.</param>
/// <param name="Output">The outputs.</param>
internal sealed record ModelConfiguration(
    string Name,
    string Platform,
    int MaxBatchSize,
    IReadOnlyList<ModelConfiguration.InputTensor> Input,
    IReadOnlyList<ModelConfiguration.OutputTensor> Output
)
{
    /// <summary>An input, without the batch.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="DataType">Its type, by its name there.</param>
    /// <param name="Dims">Its sizes.</param>
    /// <param name="Optional">Whether a request may leave it out.</param>
    internal sealed record InputTensor(string Name, string DataType, IReadOnlyList<long> Dims, bool Optional);

    /// <summary>An output, without the batch.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="DataType">Its type, by its name there.</param>
    /// <param name="Dims">Its sizes.</param>
    internal sealed record OutputTensor(string Name, string DataType, IReadOnlyList<long> Dims);

    /// <summary>Describes a version.</summary>
    /// <param name="found">The version.</param>
    /// <param name="maxInputs">The largest number of inputs of a request.</param>
    public static ModelConfiguration Create(VersionOfModel found, int maxInputs)
    {
        var model = ModelDescription.Create(found);
        var isOptional = model.Inputs.Count > 1;
        return new ModelConfiguration(
            model.Name,
            model.Platform,
            maxInputs,
            [
                .. model.Inputs.Select(input => new InputTensor(
                    input.Name,
                    TypeOf(input),
                    // A list of sizes can't be empty there: one photo has the size 1.
                    input.Shape.Count > 1
                        ? [.. input.Shape.Skip(1)]
                        : [1],
                    isOptional
                )),
            ],
            [
                .. model.Outputs.Select(output => new OutputTensor(
                    output.Name,
                    TypeOf(output),
                    [.. output.Shape.Skip(1)]
                )),
            ]
        );
    }

    private static string TypeOf(TensorDescription tensor) =>
        tensor.Datatype == "BYTES" ? "TYPE_STRING" : $"TYPE_{tensor.Datatype}";
}
