using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>Figures of a channel or filter.</summary>
public sealed record ChannelResponse
{
    /// <summary>Mean.</summary>
    public required double Mean { get; init; }

    /// <summary>Standard deviation, divided by n.</summary>
    public required double Std { get; init; }

    /// <summary>Least number.</summary>
    public required double Min { get; init; }

    /// <summary>Greatest number.</summary>
    public required double Max { get; init; }

    /// <summary>The share of its numbers that is exactly 0: 1 for a dead channel.</summary>
    public required double Zero { get; init; }
}

/// <summary>The colours that numbers are shown with.</summary>
[JsonConverter(typeof(WireEnumConverter<ColorScale>))]
public enum ColorScale
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>viridis</c>.</summary>
    Viridis,

    /// <summary>The value <c>gray</c>.</summary>
    Gray,
}

/// <summary>The form of feature maps and filters.</summary>
[JsonConverter(typeof(WireEnumConverter<FeatureOutput>))]
public enum FeatureOutput
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>grid</c>.</summary>
    Grid,

    /// <summary>The value <c>json</c>.</summary>
    Json,

    /// <summary>The value <c>safetensors</c>.</summary>
    Safetensors,
}

/// <summary>Channels of a layer, or filters of a convolution.</summary>
public sealed record FeatureResponse
{
    /// <summary>The model's name; absent for a network that is no model.</summary>
    public string? Model { get; init; }

    /// <summary>The number of the version; absent for a network that is no model.</summary>
    public int? Version { get; init; }

    /// <summary>The layer.</summary>
    public required string Layer { get; init; }

    /// <summary>Number of all its channels or filters.</summary>
    public required int Total { get; init; }

    /// <summary>Number of the first one here.</summary>
    public required int First { get; init; }

    /// <summary>Sizes of those that are here, together.</summary>
    public required IReadOnlyList<int> Shape { get; init; }

    /// <summary>Figures of each one.</summary>
    public required IReadOnlyList<ChannelResponse> Statistics { get; init; }
}
