using System.Text;
using ModelService.Models.Graph;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>The text of a TorchScript class while it is being written.</summary>
internal sealed class ProgramText
{
    private const string Indent = "    ";

    // Stands for any number of inputs above one.
    private const long Several = 8;

    private readonly Dictionary<string, PlanTensor?> tensors = [];
    private readonly StringBuilder forward = new();
    private readonly StringBuilder prepare = new();
    private string indent = Indent;
    private int locals;

    /// <summary>Adds a line to <c>forward</c>.</summary>
    public void Line(string line) => forward.Append(indent).Append(line).Append('\n');

    /// <summary>Adds lines to <c>forward</c> that belong to the one before them.</summary>
    public void Indented(Action lines)
    {
        indent += "  ";
        lines();
        indent = Indent;
    }

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
        if (pack is not null)
            prepare.Append($"{Indent}self.{name} = {pack($"self.{name}")}\n");
        return $"self.{name}";
    }

    /// <summary>Declares a tensor that is packed twice where oneDNN wants it otherwise for several inputs at once than for one.</summary>
    /// <param name="tensor">What the program is given.</param>
    /// <param name="input">What comes in beside it.</param>
    /// <param name="pack">What <c>prepare</c> makes of it, for so many inputs.</param>
    /// <returns>How to refer to the one that fits the inputs.</returns>
    public string Tensor(PlanTensor tensor, string input, Func<string, long, string> pack)
    {
        var (one, several) = ($"w{tensors.Count}", $"w{tensors.Count + 1}");
        tensors.Add(one, tensor);
        tensors.Add(several, null);
        prepare
            .Append(
                $"{Indent}self.{several} = {pack($"self.{one}", Several)}\n{Indent}self.{one} = {pack($"self.{one}", 1)}\n"
            )
            .Append(
                $"{Indent}if ops.mkldnn._nbytes(self.{several}) == ops.mkldnn._nbytes(self.{one}):\n{Indent}  self.{several} = self.{one}\n{Indent}else:\n{Indent}  pass\n"
            );
        return Local($"self.{one} if torch.size({input}, 0) == 1 else self.{several}");
    }

    /// <summary>The whole program.</summary>
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
