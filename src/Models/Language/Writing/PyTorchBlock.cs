using ModelService.Models.Language.Analysis;

namespace ModelService.Models.Language.Writing;

/// <summary>The body of one class while it is being written. Its layers write themselves into it.</summary>
internal sealed class PyTorchBlock(PyTorchSource source)
{
    private int variables;

    /// <summary>Lines of the constructor, each with the last part of the key that it registers.</summary>
    public List<(string Name, string Line)> Registrations { get; } = [];

    /// <summary>Lines of forward.</summary>
    public List<string> Statements { get; } = [];

    /// <summary>Whether the source has the layers that only training computes, and so their tensors.</summary>
    public bool HasTrainingLayers => source.HasTrainingLayers;

    /// <summary>Runs layers one after another.</summary>
    /// <returns>The variable that holds the result.</returns>
    public string Chain(IEnumerable<LayerNode> nodes, string input) =>
        nodes.Aggregate(input, (value, node) => node.Definition.WritePython(node, this, value));

    /// <summary>Registers a layer's module by its key, and runs it.</summary>
    /// <param name="node">The layer.</param>
    /// <param name="constructor">The expression that makes the module.</param>
    /// <param name="input">The variable that holds the input.</param>
    /// <param name="part">What is taken of the module's result, such as <c>[0]</c>.</param>
    /// <returns>The variable that holds the result.</returns>
    public string Call(LayerNode node, string constructor, string input, string part = "")
    {
        Register(node, constructor);
        return Assign($"self._modules[{PyTorchExpression.Text(StateDictOrder.NameOf(node))}]({input}){part}");
    }

    /// <summary>Registers a tensor of the block.</summary>
    /// <param name="node">The layer that the tensor is.</param>
    /// <param name="tensor">The expression that makes it.</param>
    /// <returns>An expression for the tensor.</returns>
    public string Parameter(LayerNode node, string tensor)
    {
        var name = StateDictOrder.NameOf(node);
        var key = PyTorchExpression.Text(name);
        Registrations.Add((name, $"self.register_parameter({key}, nn.Parameter({tensor}))"));
        return $"self._parameters[{key}]";
    }

    /// <summary>Writes a class of its own for a block, and runs it.</summary>
    /// <param name="node">The block.</param>
    /// <param name="forward">Writes the layers, whose input is <c>x</c>; gives the variable of the result.</param>
    /// <param name="input">The variable that holds the input.</param>
    /// <returns>The variable that holds the result.</returns>
    public string CallClass(LayerNode node, Func<PyTorchBlock, string> forward, string input) =>
        Call(node, source.AddClass(source.ClassName(node), forward, StateDictOrder.Members(node)) + "()", input);

    /// <summary>Writes a class of its own for a block that is not run, so that it has the block's tensors.</summary>
    /// <param name="node">The block.</param>
    /// <param name="layers">The block's layers, which run one after another.</param>
    public void RegisterClass(LayerNode node, IReadOnlyList<LayerNode> layers)
    {
        var members = StateDictOrder.Members(layers, []);
        Register(node, source.AddClass(source.ClassName(node), block => block.Chain(layers, "x"), members) + "()");
    }

    /// <summary>Puts a class that a layer needs into the source, once.</summary>
    public void UseClass(string definition) => source.AddHelper(definition);

    /// <summary>Adds a comment to forward.</summary>
    public void Comment(string text) => Statements.Add("# " + text);

    /// <summary>Adds a variable to forward.</summary>
    /// <returns>The variable that holds the expression's value.</returns>
    public string Assign(string expression)
    {
        var variable = $"x{++variables}";
        Statements.Add($"{variable} = {expression}");
        return variable;
    }

    private void Register(LayerNode node, string constructor)
    {
        var name = StateDictOrder.NameOf(node);
        Registrations.Add((name, $"self.add_module({PyTorchExpression.Text(name)}, {constructor})"));
    }
}
