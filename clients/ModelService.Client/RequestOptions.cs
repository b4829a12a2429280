using System.Text.Json.Nodes;

namespace ModelService.Client;

/// <summary>How a weights file is read.</summary>
public sealed record WeightsOptions
{
    /// <summary>Whether tensors that the file lacks may stay random; null: no.</summary>
    public bool? AllowPartial { get; init; }

    /// <summary>Where the tensors are in the file, such as <c>model.state</c>; null: the server finds out.</summary>
    public string? StateDict { get; init; }

    /// <summary>What precedes the names of all tensors; null: the server finds out.</summary>
    public string? Prefix { get; init; }
}

/// <summary>What photos are that are added to a data set.</summary>
public sealed record AddImagesOptions
{
    /// <summary>The class of all photos; null: the folder of each in the archive.</summary>
    public string? Label { get; init; }

    /// <summary>The split; null: the server divides them.</summary>
    public Split? Split { get; init; }

    /// <summary>What they have in common, so that they stay in one split; null: nothing.</summary>
    public string? Group { get; init; }
}

/// <summary>An event of a training.</summary>
/// <param name="Name"><c>phase</c>, <c>step</c>, <c>epoch</c>, <c>warning</c> or <c>end</c>.</param>
/// <param name="Data">What happened.</param>
public sealed record TrainingEvent(string Name, JsonNode Data);
