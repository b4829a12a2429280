using System.Globalization;

namespace ModelService.Imaging.Preprocessing;

/// <summary>The rules that a <see cref="PreprocessingDefinition"/> must keep to be run.</summary>
internal static class PreprocessingRules
{
    /// <summary>Checks a definition against every rule.</summary>
    /// <param name="definition">The definition.</param>
    /// <returns>Every fault found.</returns>
    public static IEnumerable<PreprocessingFault> Check(PreprocessingDefinition definition) =>
        [
            .. CheckResize(definition.Resize),
            .. CheckSide("/center_crop/height", definition.CenterCrop?.Height),
            .. CheckSide("/center_crop/width", definition.CenterCrop?.Width),
            .. CheckDefined("/interpolation", definition.Interpolation),
            .. CheckDefined("/channels", definition.Channels),
            .. CheckDefined("/alpha", definition.Alpha),
            .. CheckDefined("/color_profile", definition.ColorProfile),
            .. CheckNumber("/scale", definition.Scale, number => number != 0, "a finite number other than 0"),
            .. CheckList("/mean", definition.Mean, definition, _ => true, "a finite number"),
            .. CheckList("/std", definition.Std, definition, number => number > 0, "a finite number above 0"),
        ];

    private static IEnumerable<PreprocessingFault> CheckResize(ResizeDefinition? resize)
    {
        var found = resize switch
        {
            null
            or { ShorterSide: not null, Height: null, Width: null }
            or { ShorterSide: null, Height: not null, Width: not null } => null,
            { ShorterSide: not null } => "shorter_side together with a height or width",
            { Height: not null } => "height without width",
            { Width: not null } => "width without height",
            _ => "none of shorter_side, height and width",
        };
        if (found is not null)
        {
            yield return new PreprocessingFault(
                "/resize",
                $"Found {found}; give either shorter_side, or height and width."
            );
        }

        foreach (var fault in CheckSide("/resize/shorter_side", resize?.ShorterSide))
            yield return fault;
        foreach (var fault in CheckSide("/resize/height", resize?.Height))
            yield return fault;
        foreach (var fault in CheckSide("/resize/width", resize?.Width))
            yield return fault;
    }

    private static IEnumerable<PreprocessingFault> CheckSide(string pointer, int? side)
    {
        if (side is < 1 or > ImagingOptions.MaxSide)
        {
            yield return new PreprocessingFault(
                pointer,
                Text($"Found {side} pixels; 1 to {ImagingOptions.MaxSide:N0} are allowed.")
            );
        }
    }

    private static IEnumerable<PreprocessingFault> CheckDefined<T>(string pointer, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            yield return new PreprocessingFault(
                pointer,
                $"Found {value:D}; {string.Join(", ", Enum.GetNames<T>())} are allowed."
            );
        }
    }

    private static IEnumerable<PreprocessingFault> CheckList(
        string pointer,
        IReadOnlyList<double>? numbers,
        PreprocessingDefinition definition,
        Func<double, bool> isValid,
        string expected
    )
    {
        if (numbers is null)
            yield break;
        if (numbers.Count != definition.ChannelCount)
        {
            yield return new PreprocessingFault(
                pointer,
                $"Found {numbers.Count} numbers; needed: {definition.ChannelCount}, "
                    + $"one per channel ({definition.Channels})."
            );
        }

        for (var i = 0; i < numbers.Count; i++)
        {
            foreach (var fault in CheckNumber(Text($"{pointer}/{i}"), numbers[i], isValid, expected))
                yield return fault;
        }
    }

    private static IEnumerable<PreprocessingFault> CheckNumber(
        string pointer,
        double number,
        Func<double, bool> isValid,
        string expected
    )
    {
        // Preprocessing computes in float32, as torch does, where a finite double may be infinite or 0.
        if (!float.IsFinite((float)number) || !isValid((float)number))
            yield return new PreprocessingFault(pointer, Text($"Found {number}; needed: {expected}."));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
