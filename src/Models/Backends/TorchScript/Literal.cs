using System.Globalization;
using ModelService.Models.Graph;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>Writes arguments as TorchScript literals.</summary>
internal static class Literal
{
    /// <summary>The text of an argument.</summary>
    /// <exception cref="ArgumentException">
    /// There is no literal for it; this includes all text but lower-case words.
    /// </exception>
    public static string Format(object? argument) =>
        argument switch
        {
            null => "None",
            true => "True",
            false => "False",
            long number => number.ToString(CultureInfo.InvariantCulture),
            double number => Format(number),
            Value value => value.ToString(),
            Code code => code.Text,
            string word when word.All(letter => char.IsAsciiLetterLower(letter) || letter == '_') => $"\"{word}\"",
            IEnumerable<long> list => $"[{string.Join(", ", list.Select(item => Format((object)item)))}]",
            IEnumerable<double> list => $"[{string.Join(", ", list.Select(Format))}]",
            IEnumerable<Value> list => $"[{string.Join(", ", list)}]",
            _ => throw new ArgumentException($"{argument.GetType().Name} has no literal.", nameof(argument)),
        };

    // TorchScript distinguishes floats from integers by the decimal point or exponent.
    private static string Format(double number)
    {
        if (!double.IsFinite(number))
            throw new ArgumentException($"{number} has no literal.", nameof(number));
        var text = number.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant();
        return text.AsSpan().ContainsAny('.', 'e') ? text : text + ".0";
    }
}

/// <summary>An expression that is written already.</summary>
/// <param name="Text">Its text.</param>
internal sealed record Code(string Text);
