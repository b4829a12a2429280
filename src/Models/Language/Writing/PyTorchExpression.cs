using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Parameters;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Writing;

/// <summary>The constructor call of a torch.nn layer. Its arguments have the same names in this language.</summary>
internal static class PyTorchExpression
{
    private static readonly ParameterCodec Numbers = ParameterCodecs.Get(typeof(IReadOnlyList<double>));

    /// <summary>A constructor call, such as <c>nn.Conv2d(in_channels=3, out_channels=6, kernel_size=3)</c>.</summary>
    public static string Format(LayerNode node)
    {
        if (node.Definition is Filter2d filter)
            return $"Filter2d({node.Input.Sizes[0]}, {Numbers.Python(filter.Preset.Kernel())})";
        var layer = node.Definition.WithInferred(node);

        // In the language, dim defaults to 1; nn.Softmax without dim guesses it and warns.
        var arguments = layer is Softmax { Dim: 1 }
            ? ["dim=1"]
            : RecordMembers
                .Given(layer)
                .Where(given => given.Member.Name is not ("name" or "inplace"))
                .OrderBy(given => !given.Member.Name.StartsWith("in_", StringComparison.Ordinal))
                .Select(given => $"{given.Member.Name}={given.Member.Codec.Python(given.Value)}");
        return $"nn.{ClassName(layer)}({string.Join(", ", arguments)})";
    }

    // Most names follow a rule, such as Conv2d for conv2d; the listed ones don't.
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
}
