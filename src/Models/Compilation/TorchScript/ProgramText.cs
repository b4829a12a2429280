using System.Text;
using ModelService.Models.Compilation.Operators;

namespace ModelService.Models.Compilation.TorchScript;

/// <summary>The text of a TorchScript class while it is being written.</summary>
internal sealed class ProgramText
{
    private const string Indent = "    ";

    private readonly Dictionary<string, PlanTensor> tensors = [];
    private readonly StringBuilder forward = new();
    private readonly StringBuilder prepare = new();
    private int locals;

    /// <summary>Adds a line to <c>forward</c>.</summary>
    public void Line(string line) => forward.Append(Indent).Append(line).Append('\n');

    /// <summary>Keeps a result under a name of its own.</summary>
    /// <returns>The name.</returns>
    public string Local(string expression)
    {
        var name = $"t{locals++}";
        Line($"{name} = {expression}");
        return name;
    }

    /// <summary>Declares a tensor that the program is given.</summary>
    /// <param name="tensor">What it is given.</param>
    /// <param name="pack">What <c>prepare</c> makes of it once; null leaves it as it is.</param>
    /// <returns>How to refer to it.</returns>
    public string Tensor(PlanTensor tensor, Func<string, string>? pack = null)
    {
        var name = $"w{tensors.Count}";
        tensors.Add(name, tensor);
        if (pack is not null) prepare.Append($"{Indent}self.{name} = {pack($"self.{name}")}\n");
        return $"self.{name}";
    }

    /// <summary>The whole program.</summary>
    public PlanProgram Program(Value input)
    {
        var attributes = string.Concat(tensors.Keys.Select(name => $"  {name} : Tensor\n"));
        var code = $"class Plan(Module):\n  __parameters__ = []\n  __buffers__ = []\n{attributes}"
            + $"  def prepare(self: __torch__.Plan) -> NoneType:\n{prepare}{Indent}return None\n"
            + $"  def forward(self: __torch__.Plan,\n{Indent}{input}: Tensor) -> Tensor:\n{forward}";
        return new PlanProgram(code, tensors);
    }
}
