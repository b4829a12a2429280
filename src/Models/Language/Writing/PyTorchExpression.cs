using System.Globalization;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Writing;

/// <summary>The constructor call of a torch.nn layer. Its parameters have the language's names, since the language took them from torch.nn.</summary>
internal static class PyTorchExpression
{
    /// <summary>Such as <c>nn.Conv2d(in_channels=3, out_channels=6, kernel_size=3)</c>.</summary>
    public static string Format(LayerNode node)
    {
        if (node.Definition is Filter2d filter)
            return $"Filter2d({node.Input.Sizes[0]}, [{string.Join(", ", filter.Preset.Kernel().Select(value => Number(value)))}])";
        var layer = node.Definition.WithInferred(node);
        var members = RecordMembers
            .From(layer.GetType())
            .Members.Where(member => member.Name is not ("name" or "inplace"))
            .Select(member => (member.Name, Value: member.Get(layer), member.Default, member.Required))
            .Where(member => member.Value is not null && (member.Required || !member.Value.Equals(member.Default)))
            .OrderBy(member => !member.Name.StartsWith("in_", StringComparison.Ordinal));

        // nn.Softmax alone has no default here: without dim, PyTorch guesses and warns.
        var arguments = members.Select(member => $"{member.Name}={Text(member.Value!)}");
        if (layer is Softmax { Dim: 1 })
            arguments = ["dim=1"];
        return $"nn.{ClassName(layer)}({string.Join(", ", arguments)})";
    }

    // conv2d is Conv2d and so on; only the names with capitals inside are torch.nn's own.
    private static string ClassName(LayerDefinition layer) =>
        LayerCatalogue.NameOf(layer) switch
        {
            "relu" => "ReLU",
            "relu6" => "ReLU6",
            "leaky_relu" => "LeakyReLU",
            "elu" => "ELU",
            "gelu" => "GELU",
            "silu" => "SiLU",
            var name => string.Concat(name.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..])),
        };

    private static string Text(object value) =>
        value switch
        {
            bool flag => flag ? "True" : "False",
            double number => Number(number),
            Padding { Sizes: null } => "\"same\"",
            Padding padding => Text(padding.Sizes!),
            Sizes { Values: [var single] } => single.ToString(CultureInfo.InvariantCulture),
            Sizes sizes => $"({string.Join(", ", sizes.Values)})",
            Enum name => $"\"{WireNames.Of(name)}\"",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };

    private static string Number(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0";
    }
}
