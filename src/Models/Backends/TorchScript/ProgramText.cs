using System.Text;
using ModelService.Models.Graph;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>The text of a TorchScript class while it is being written.</summary>
internal sealed class ProgramText
{
    private const string Indent = "    ";

    // The batch size for which weights are packed for any number of inputs above one.
    private const long Several = 8;

    private readonly Dictionary<string, PlanTensor?> tensors = [];
    private readonly StringBuilder forward = new();
    private readonly StringBuilder prepare = new();
    private string indent = Indent;
    private int locals;

    /// <summary>Adds a line to <c>forward</c>.</summary>
    public void Line(string line) => forward.Append(indent).Append(line).Append('\n');

    /// <summary>Adds lines to <c>forward</c> that form the body of the line before them.</summary>
    public void Indented(Action lines)
    {
        indent += "  ";
        lines();
        indent = Indent;
    }

    /// <summary>Assigns an expression to a new local variable.</summary>
    /// <returns>The variable's name.</returns>
    public string Local(string expression)
    {
        var name = $"t{locals++}";
        Line($"{name} = {expression}");
        return name;
    }

    /// <summary>Declares a tensor that is set before the program runs.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="pack">Expression with which <c>prepare</c> packs it once; null: it stays as it is.</param>
    /// <returns>An expression for the tensor.</returns>
    public string Tensor(PlanTensor tensor, Func<string, string>? pack = null)
    {
        var name = $"w{tensors.Count}";
        tensors.Add(name, tensor);
        if (pack is not null)
            prepare.Append($"{Indent}self.{name} = {pack($"self.{name}")}\n");
        return $"self.{name}";
    }

    /// <summary>
    /// Declares a tensor that is packed twice if oneDNN packs it differently for one input than for several.
    /// </summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="input">The batch of inputs that it is used with.</param>
    /// <param name="pack">Expression with which <c>prepare</c> packs it for a number of inputs.</param>
    /// <returns>An expression for the packed tensor that fits the batch.</returns>
    public string Tensor(PlanTensor tensor, string input, Func<string, long, string> pack)
    {
        var (one, several) = ($"w{tensors.Count}", $"w{tensors.Count + 1}");
        tensors.Add(one, tensor);
        tensors.Add(several, null);
        prepare
            .Append($"{Indent}self.{several} = {pack($"self.{one}", Several)}\n")
            .Append($"{Indent}self.{one} = {pack($"self.{one}", 1)}\n")
            .Append($"{Indent}if ops.mkldnn._nbytes(self.{several}) == ops.mkldnn._nbytes(self.{one}):\n")
            .Append($"{Indent}  self.{several} = self.{one}\n")
            .Append($"{Indent}else:\n{Indent}  pass\n");
        return Local($"self.{one} if torch.size({input}, 0) == 1 else self.{several}");
    }

    /// <summary>The complete program.</summary>
    public PlanProgram Program(Value input)
    {
        var attributes = string.Concat(tensors.Keys.Select(name => $"  {name} : Tensor\n"));
        var code =
            $"class Plan(Module):\n  __parameters__ = []\n  __buffers__ = []\n{attributes}"
            + $"  def prepare(self: __torch__.Plan) -> NoneType:\n{prepare}{Indent}return None\n"
            + $"  def forward(self: __torch__.Plan,\n{Indent}{input}: Tensor) -> Tensor:\n{forward}";
        return new PlanProgram(code, tensors);
    }
}
