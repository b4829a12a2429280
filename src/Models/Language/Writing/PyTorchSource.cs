using System.Globalization;
using System.Text;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Layers;

namespace ModelService.Models.Language.Writing;

/// <summary>
/// Writes a network as torch.nn source that builds the same module with the same keys, for a person to read and to run
/// in PyTorch; the service does not run it. Each block with a key of its own becomes a class: its constructor registers
/// the block's layers, its forward runs them.
/// </summary>
public sealed class PyTorchSource
{
    private readonly List<string> classes = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    private PyTorchSource() { }

    /// <summary>The source text.</summary>
    /// <param name="analysis">The network, analysed without an error.</param>
    public static string Write(ArchitectureAnalysis analysis)
    {
        var source = new PyTorchSource();
        source.AddClass("Network", block => block.Chain(analysis.Layers, "x"));
        var text = new StringBuilder("import torch\nfrom torch import nn\n");
        if (analysis.AllLayers.Any(node => node.Definition is Filter2d))
            text.Append(Filter);
        source.classes.ForEach(item => text.Append(item));
        return text.Append(
                CultureInfo.InvariantCulture,
                $"\n\nmodel = Network().eval()  # input: [N, {string.Join(", ", analysis.Input.Sizes)}]\n"
            )
            .ToString();
    }

    /// <summary>Adds a class for a block.</summary>
    /// <returns>The name of the class.</returns>
    internal string AddClass(string name, Func<PyTorchBlock, string> forward)
    {
        var block = new PyTorchBlock(this);
        var result = forward(block);
        classes.Add(
            $"""


            class {name}(nn.Module):
                def __init__(self):
                    super().__init__()
            {string.Concat(block.Registrations.Select(line => $"        {line}\n"))}
                def forward(self, x):
            {string.Concat(block.Statements.Select(line => $"        {line}\n"))}        return {result}

            """
        );
        return name;
    }

    /// <summary>
    /// A class name that no other block has: the block's key with underscores for dots, and a number when another key
    /// gives the same name.
    /// </summary>
    internal string ClassName(LayerNode node)
    {
        var name = "Block_" + node.Key.Replace('.', '_');
        var unique = name;
        for (var number = 2; !names.Add(unique); number++)
            unique = $"{name}_{number}";
        return unique;
    }

    private const string Filter = """


        class Filter2d(nn.Module):
            def __init__(self, channels, kernel):
                super().__init__()
                self.channels = channels
                kernel = torch.tensor(kernel).reshape(1, 1, 3, 3).repeat(channels, 1, 1, 1)
                self.register_buffer("kernel", kernel, persistent=False)

            def forward(self, x):
                return nn.functional.conv2d(x, self.kernel, padding=1, groups=self.channels)

        """;
}

/// <summary>The body of one class while it is being written.</summary>
internal sealed class PyTorchBlock(PyTorchSource source)
{
    private int variables;

    /// <summary>Lines of the constructor.</summary>
    public List<string> Registrations { get; } = [];

    /// <summary>Lines of forward.</summary>
    public List<string> Statements { get; } = [];

    /// <summary>Runs layers one after another.</summary>
    /// <returns>The variable that holds the result.</returns>
    public string Chain(IEnumerable<LayerNode> nodes, string input) =>
        nodes.Aggregate(input, (value, node) => Run(node, value));

    /// <summary>Runs one layer.</summary>
    /// <returns>The variable that holds the result.</returns>
    public string Run(LayerNode node, string input) =>
        node.Definition switch
        {
            Identity => input,
            Softmax when Softmax.IsLeftOut(node) => LeaveOut(input),
            Repeat or Sequential { Inline: true } => Chain(node.Children, input),
            Concat { Inline: true } => Join(node, input),
            Sequential => Call(
                node,
                source.AddClass(source.ClassName(node), block => block.Chain(node.Children, "x")) + "()",
                input
            ),
            Concat => Call(node, source.AddClass(source.ClassName(node), block => block.Join(node, "x")) + "()", input),
            Residual => Call(node, source.AddClass(source.ClassName(node), block => block.Add(node)) + "()", input),
            _ => Call(node, PyTorchExpression.Format(node), input),
        };

    private string Call(LayerNode node, string constructor, string input)
    {
        var key = node.Key[(node.Key.LastIndexOf('.') + 1)..];
        Registrations.Add($"self.add_module(\"{key}\", {constructor})");
        return Assign($"self._modules[\"{key}\"]({input})");
    }

    private string LeaveOut(string input)
    {
        Statements.Add("# The softmax at the end is left out: these are the logits, as cross_entropy takes them.");
        return input;
    }

    private string Join(LayerNode node, string input) =>
        Assign($"torch.cat([{string.Join(", ", node.Children.Select(branch => Run(branch, input)))}], 1)");

    private string Add(LayerNode node)
    {
        var residual = (Residual)node.Definition;
        var body = Chain(node.Children.Take(residual.Body.Count), "x");
        var shortcut = residual.Shortcut is null ? "x" : Run(node.Children[residual.Body.Count], "x");
        var sum = Assign($"{body} + {shortcut}");
        return residual.Activation is null ? sum : Assign($"{PyTorchExpression.Format(node.Children[^1])}({sum})");
    }

    private string Assign(string expression)
    {
        var variable = $"x{++variables}";
        Statements.Add($"{variable} = {expression}");
        return variable;
    }
}
