using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Layers;

/// <summary>Description of a kind of layer.</summary>
/// <param name="Type">Value of <c>"type"</c>.</param>
/// <param name="Meaning">Description of the layer in one line.</param>
/// <param name="Parameters">The layer's parameters.</param>
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
/// <param name="Type">Kind of value, in words.</param>
/// <param name="Required">Whether it must be given.</param>
/// <param name="Default">Value when it is left out; null when it is then inferred, or not set.</param>
/// <param name="Minimum">Least number accepted.</param>
/// <param name="Maximum">Greatest number accepted; null when there is no limit worth naming.</param>
/// <param name="Values">The accepted texts; null when they are not limited to certain ones.</param>
/// <param name="Meaning">Description of the parameter in one line.</param>
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
