using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Layers;

/// <summary>A kind of layer, as a person wants it described.</summary>
/// <param name="Type">What <c>"type"</c> says.</param>
/// <param name="Meaning">What it does, in a line.</param>
/// <param name="Parameters">What it takes.</param>
public sealed record LayerDescription(string Type, string Meaning, IReadOnlyList<LayerParameter> Parameters)
{
    /// <summary>All kinds, in alphabetical order.</summary>
    public static IReadOnlyList<LayerDescription> All { get; } =
    [
        .. LayerCatalogue.All.Select(kind => new LayerDescription(
            kind.Name,
            kind.Meaning,
            [.. kind.Members.Members.Select(LayerParameter.From)]
        )),
    ];
}

/// <summary>A layer's parameter.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Type">What it takes, in words.</param>
/// <param name="Required">Whether it must be given.</param>
/// <param name="Default">What it is when it is not given; null when that is inferred or nothing.</param>
/// <param name="Minimum">Least number.</param>
/// <param name="Maximum">Greatest number; null when there is no limit worth naming.</param>
/// <param name="Values">The texts it takes, if only certain ones.</param>
/// <param name="Meaning">What it means, in a line.</param>
public sealed record LayerParameter(
    string Name,
    string Type,
    bool Required,
    object? Default,
    double? Minimum,
    double? Maximum,
    IReadOnlyList<string>? Values,
    string Meaning
)
{
    internal static LayerParameter From(RecordMember member) =>
        new(
            member.Name,
            member.Codec.Description,
            member.Required,
            member.WriteDefault(),
            member.Minimum,
            member.Maximum >= int.MaxValue ? null : member.Maximum,
            member.Codec.Values,
            member.Meaning
        );
}
