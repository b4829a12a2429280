using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Imaging;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;
using ModelService.Models.Language.Writing;

namespace ModelService.Models.Training.Process;

/// <summary>All that the child process of a run needs, beside the files of its folder.</summary>
internal sealed record TrainingJob
{
    /// <summary>The name of the job in a run's folder.</summary>
    public const string File = "job.json";

    /// <summary>The name of the file with the weights to begin with.</summary>
    public const string InitialWeights = "initial.safetensors";

    /// <summary>The name of the file with the trained weights.</summary>
    public const string ResultWeights = "result.safetensors";

    /// <summary>The name of the file with the result's figures.</summary>
    public const string Result = "result.json";

    /// <summary>The name of the file that a run goes on from.</summary>
    public const string Checkpoint = "checkpoint.safetensors";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = WireNames.Policy,
        IncludeFields = true,
    };

    /// <summary>The network, with as many classes as there are labels.</summary>
    public required ResolvedModel Model { get; init; }

    /// <summary>What the client asked for.</summary>
    public required TrainingDefinition Definition { get; init; }

    /// <summary>The images.</summary>
    public required IReadOnlyList<JobImage> Images { get; init; }

    /// <summary>How pictures are decoded.</summary>
    public required ImagingOptions Imaging { get; init; }

    /// <summary>The device that computes.</summary>
    public required string Device { get; init; }

    /// <summary>Threads that compute.</summary>
    public required int Threads { get; init; }

    /// <summary>The most seconds that it may take; null: no limit, as in a job of an earlier version.</summary>
    public double? MaxSeconds { get; init; }

    /// <summary>Whether every tensor of the initial weights is random: there is nothing to fine-tune.</summary>
    public required bool IsRandom { get; init; }

    /// <summary>Whether the head of the initial weights is trained for the same labels.</summary>
    public required bool HasHead { get; init; }

    /// <summary>Writes the job.</summary>
    /// <param name="limits">The limits that the network is read with.</param>
    public byte[] Write(ArchitectureLimits limits) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new JsonObject
            {
                ["model"] = ResolvedModelJson.Write(Model),
                ["limits"] = JsonSerializer.SerializeToNode(limits),
                ["definition"] = ArchitectureWriter.WriteRecord(Definition),
                ["imaging"] = JsonSerializer.SerializeToNode(Imaging),
                ["device"] = Device,
                ["threads"] = Threads,
                ["max_seconds"] = MaxSeconds,
                ["is_random"] = IsRandom,
                ["has_head"] = HasHead,
                ["images"] = JsonSerializer.SerializeToNode(Images, Options),
            }
        );

    /// <summary>Reads a job.</summary>
    /// <param name="json">The job.</param>
    public static TrainingJob Read(JsonElement json)
    {
        var errors = new DefinitionErrors();
        return new TrainingJob
        {
            Model = ResolvedModelJson.Read(
                json.GetProperty("model"),
                json.GetProperty("limits").Deserialize<ArchitectureLimits>()!
            ),
            Definition = new StrictReader(errors).Read<TrainingDefinition>(json.GetProperty("definition"), "")!,
            Imaging = json.GetProperty("imaging").Deserialize<ImagingOptions>()!,
            Device = json.GetProperty("device").GetString()!,
            Threads = json.GetProperty("threads").GetInt32(),
            MaxSeconds = json.TryGetProperty("max_seconds", out var seconds) ? seconds.Deserialize<double?>() : null,
            IsRandom = json.GetProperty("is_random").GetBoolean(),
            HasHead = json.GetProperty("has_head").GetBoolean(),
            Images = json.GetProperty("images").Deserialize<JobImage[]>(Options)!,
        };
    }
}

/// <summary>An image of a job.</summary>
/// <param name="Id">SHA-256 of its bytes, in hexadecimal.</param>
/// <param name="Label">Its class.</param>
/// <param name="Part">What it is used for.</param>
/// <param name="Path">The file that holds its bytes.</param>
/// <param name="Offset">The first of its bytes in the file.</param>
/// <param name="Length">Its number of bytes.</param>
internal sealed record JobImage(string Id, int Label, ImagePart Part, string Path, long Offset, int Length);

/// <summary>What an image is used for.</summary>
internal enum ImagePart
{
    /// <summary>To train.</summary>
    Train,

    /// <summary>To choose between results.</summary>
    Val,

    /// <summary>To measure the result.</summary>
    Test,
}
