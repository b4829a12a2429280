using System.Collections;
using System.Globalization;
using ModelService.Models.Errors;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;

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
    internal static LayerParameter From(RecordMember member)
    {
        var maximum = member.Range is null
            ? null
            : (double?)Convert.ToDouble(member.Range.Maximum, CultureInfo.InvariantCulture);
        return new LayerParameter(
            member.Name,
            Describe(member.Type),
            member.Required,
            member.Required ? null : Plain(member.Default),
            member.Range is null ? null : Convert.ToDouble(member.Range.Minimum, CultureInfo.InvariantCulture),
            maximum >= int.MaxValue ? null : maximum,
            member.Type.IsEnum ? [.. WireNames.Of(member.Type).Keys] : null,
            member.Meaning
        );
    }

    private static string Describe(Type type) =>
        type switch
        {
            _ when type == typeof(int) || type == typeof(long) => "integer",
            _ when type == typeof(double) => "number",
            _ when type == typeof(bool) => "boolean",
            _ when type == typeof(Sizes) => "integer or list of integers",
            _ when type == typeof(Padding) => "integer, list of integers, \"same\" or \"valid\"",
            _ when type == typeof(LayerDefinition) => "layer",
            _ when type.IsAssignableTo(typeof(IEnumerable)) && type.IsGenericType => type.GetGenericArguments()[0]
            == typeof(LayerDefinition)
                ? "list of layers"
                : "list of integers",
            _ => "string",
        };

    private static object? Plain(object? value) =>
        value switch
        {
            Sizes sizes => sizes.Values.Count == 1 ? sizes.Values[0] : sizes.Values,
            Padding padding => padding.Sizes is { } sizes ? Plain(sizes) : "same",
            Enum name => WireNames.Of(name),
            _ => value,
        };
}
