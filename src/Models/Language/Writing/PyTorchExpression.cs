using System.Globalization;
using System.Text;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Parameters;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Writing;

/// <summary>Expressions of Python. torch.nn's parameters have the same names in this language.</summary>
internal static class PyTorchExpression
{
    private static readonly ParameterCodec Number = ParameterCodecs.Get(typeof(double));
    private static readonly ParameterCodec Numbers = ParameterCodecs.Get(typeof(IReadOnlyList<double>));

    /// <summary>
    /// A layer's constructor call, such as <c>nn.Conv2d(in_channels=3, out_channels=6, kernel_size=3)</c>.
    /// </summary>
    public static string Format(LayerNode node)
    {
        var arguments = RecordMembers
            .Given(node.Definition.WithInferred(node))
            .Where(given => given.Member.Name is not ("name" or "inplace"))
            .OrderBy(given => !given.Member.Name.StartsWith("in_", StringComparison.Ordinal))
            .Select(given => $"{given.Member.Name}={given.Member.Codec.Python(given.Value)}");
        return $"nn.{LayerCatalogue.ByType[node.Definition.GetType()].ClassName}({string.Join(", ", arguments)})";
    }

    /// <summary>A string, in which characters other than those of ASCII are escaped.</summary>
    public static string Text(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (var letter in text.EnumerateRunes())
        {
            if (letter.Value is '"' or '\\')
                literal.Append('\\').Append((char)letter.Value);
            else if (letter.Value is >= ' ' and <= '~')
                literal.Append((char)letter.Value);
            else
                literal.Append(CultureInfo.InvariantCulture, $"\\U{letter.Value:x8}");
        }

        return literal.Append('"').ToString();
    }

    /// <summary>A number.</summary>
    public static string Format(double number) => Number.Python(number);

    /// <summary>A list of numbers.</summary>
    public static string Format(IReadOnlyList<double> numbers) => Numbers.Python(numbers);
}
