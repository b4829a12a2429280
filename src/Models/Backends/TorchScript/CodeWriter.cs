using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>
/// Writes a plan as TorchScript. Of a client's text, the program contains only numbers, and keys in comments.
/// </summary>
internal sealed class CodeWriter
{
    private readonly ProgramText text = new();
    private readonly WeightedWriter weighted;

    private CodeWriter(Plan plan, Precision precision) =>
        weighted = new WeightedWriter(text, precision, plan.IsChannelsLast);

    /// <summary>Writes the program of a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="precision">The precision of the computation; inputs and scores are float32 in any case.</param>
    public static PlanProgram Write(Plan plan, Precision precision)
    {
        var writer = new CodeWriter(plan, precision);
        var (text, input, output) = (writer.text, plan.Input, plan.Output);
        if (precision != Precision.Float32)
            text.Line($"{input} = {WeightedWriter.Converted($"{input}", precision)}");
        if (plan.IsChannelsLast)
            text.Line($"{input} = torch.contiguous({input}, memory_format=2)");
        if (plan.OperatorsInPairs > 0)
            writer.WriteInPairs(input, [.. plan.Operators.Take(plan.OperatorsInPairs)]);
        writer.Write(plan.Operators.Skip(plan.OperatorsInPairs));
        text.Line(
            precision == Precision.Float32
                ? $"return {output}"
                : $"return {WeightedWriter.Converted($"{output}", Precision.Float32)}"
        );
        return text.Program(input);
    }

    private void Write(IEnumerable<Operator> operators)
    {
        foreach (var item in operators)
        {
            if (item.Key.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.'))
                text.Line($"# {item.Key}");

            text.Line($"{item.Output} = {Write(item)}");
        }
    }

    private void WriteInPairs(Value input, IReadOnlyList<Operator> operators)
    {
        var output = operators[^1].Output;
        text.Line($"pairs = torch.split({input}, 2)");
        text.Line("done = annotate(List[Tensor], [])");
        text.Line("for i in range(torch.len(pairs)):");
        text.Indented(() =>
        {
            text.Line($"{input} = pairs[i]");
            Write(operators);
            text.Line($"_ = torch.append(done, {output})");
        });
        text.Line($"{output} = done[0] if torch.len(done) == 1 else torch.cat(done)");
    }

    private string Write(Operator item) =>
        item switch
        {
            WeightedOperator operation => weighted.Write(operation),
            NormOperator { Norm: var norm } =>
                $"torch.batch_norm({item.Inputs[0]}, {Affine(norm, "weight")}, {Affine(norm, "bias")}, "
                    + $"{Module($"{norm.Key}.running_mean")}, {Module($"{norm.Key}.running_var")}, "
                    + $"False, 0.0, {Literal.Format(norm.Eps)}, True)",
            ActivationOperator activation => Call(activation.Function, $"{activation.Inputs[0]}", activation.IsInPlace),
            AddOperator { Inputs: [var left, var right] } add =>
                $"torch.{(add.IsInPlace ? "add_" : "add")}({left}, {right})",

            // The function's second result is the position of each maximum, which is not needed.
            CallOperator { Function: "adaptive_max_pool2d" } call => $"({Call(call)})[0]",
            CallOperator call => Call(call),
            _ => throw new InvalidOperationException($"{item.GetType().Name} can't be written."),
        };

    /// <summary>A call of an activation.</summary>
    public static string Call(ActivationFunction function, string input, bool isInPlace)
    {
        var arguments = function.Scalars.Select(scalar => Literal.Format(scalar)).Prepend(input);
        if (function.Approximate is not null)
            arguments = arguments.Append($"approximate={Literal.Format(function.Approximate)}");
        return $"torch.{function.Name}{(isInPlace ? "_" : "")}({string.Join(", ", arguments)})";
    }

    private string Call(CallOperator call)
    {
        var arguments = call.Arguments.Select(argument =>
            argument is Parameter parameter ? Module(parameter.Name) : Literal.Format(argument)
        );
        return $"torch.{call.Function}({string.Join(", ", arguments)})";
    }

    private string Affine(Norm norm, string name) => norm.Affine ? Module($"{norm.Key}.{name}") : "None";

    private string Module(string name) => text.Tensor(new ModuleTensor(name));
}
