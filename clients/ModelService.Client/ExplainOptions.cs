namespace ModelService.Client;

/// <summary>How a score is explained. What is null is the server's default.</summary>
public sealed record ExplainOptions
{
    /// <summary>The version; null: the one that serves.</summary>
    public int? Version { get; init; }

    /// <summary>The method.</summary>
    public ExplanationMethod? Method { get; init; }

    /// <summary>The class: <c>top</c>, a label, or an index from 0.</summary>
    public string? Class { get; init; }

    /// <summary>The layer's path.</summary>
    public string? Layer { get; init; }

    /// <summary>What an overlay is drawn over.</summary>
    public ExplanationView? View { get; init; }

    /// <summary>Whether a bar beside the picture says what the colours mean.</summary>
    public bool? Legend { get; init; }

    /// <summary>Of integrated gradients: points along the line from zeros to the input.</summary>
    public int? Steps { get; init; }

    /// <summary>Of occlusion: side of the square that is covered, in pixels of the input.</summary>
    public int? Window { get; init; }

    /// <summary>Of occlusion: distance between the squares.</summary>
    public int? Stride { get; init; }

    /// <summary>Whether the map is checked by covering and uncovering the image.</summary>
    public bool? Faithfulness { get; init; }

    /// <summary>The time within which the answer is needed; null: no limit.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>Which channels of a layer are shown, and how. What is null is the server's default.</summary>
public sealed record FeatureOptions
{
    /// <summary>The version; null: the one that serves.</summary>
    public int? Version { get; init; }

    /// <summary>The layer's path. Filters have it as an argument.</summary>
    public string? Layer { get; init; }

    /// <summary>The channels: a number, or a range such as <c>0-15</c>.</summary>
    public string? Channels { get; init; }

    /// <summary>Whether all channels have one scale; else each has its own.</summary>
    public bool? Together { get; init; }

    /// <summary>The colours.</summary>
    public ColorScale? Colors { get; init; }

    /// <summary>With one scale: whether a bar beside the grid says what the colours mean.</summary>
    public bool? Legend { get; init; }

    /// <summary>The time within which the answer is needed; null: no limit.</summary>
    public TimeSpan? Timeout { get; init; }
}
