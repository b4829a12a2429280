using ModelService.Models.Tensors;
using Mono.Cecil;
using Mono.Cecil.Cil;
using TorchSharp;

namespace ModelService.Models.Tests.Tensors;

/// <summary>
/// TorchSharp's native scalars live until a garbage collection, which may come while libtorch reads them, unless
/// someone holds them: only <see cref="TensorMath"/> makes them. Read from the compiled code of both.
/// </summary>
public sealed class ScalarLifetimeTests
{
    // Makes scalars of numbers among its arguments; the only call has no arguments.
    private const string Invoke = "System.Object TorchSharp.torch/jit/ScriptModule::invoke(";

    [Fact]
    public void Calls_ThatMakeScalars_AreInTensorMathOnly()
    {
        using var torchSharp = ModuleDefinition.ReadModule(typeof(torch).Assembly.Location);
        using var models = ModuleDefinition.ReadModule(typeof(TensorMath).Assembly.Location);
        var makers = Makers(torchSharp);
        makers.RemoveWhere(name => name.StartsWith(Invoke, StringComparison.Ordinal));
        Assert.Contains(makers, name => name.Contains("Tensor::op_Addition(", StringComparison.Ordinal));
        Assert.Contains(makers, name => name.Contains("functional::elu(", StringComparison.Ordinal));

        var wrong = Methods(models)
            .Where(method => method.DeclaringType.FullName != typeof(TensorMath).FullName)
            .SelectMany(method =>
                Calls(method).Where(makers.Contains).Select(call => $"{method.FullName} calls {call}")
            )
            .ToList();

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    // The conversions, and what calls them for its caller.
    private static HashSet<string> Makers(ModuleDefinition torchSharp)
    {
        var callers = Methods(torchSharp)
            .SelectMany(method => Calls(method).Select(call => (Call: call, Caller: method.FullName)))
            .ToLookup(pair => pair.Call, pair => pair.Caller);
        var makers = Methods(torchSharp)
            .Select(method => method.FullName)
            .Where(name => name.StartsWith("TorchSharp.Scalar ", StringComparison.Ordinal))
            .ToHashSet(StringComparer.Ordinal);
        for (var found = new Queue<string>(makers); found.TryDequeue(out var name); )
        {
            foreach (var caller in callers[name].Where(makers.Add))
                found.Enqueue(caller);
        }

        return makers;
    }

    private static IEnumerable<MethodDefinition> Methods(ModuleDefinition module) =>
        module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody);

    private static IEnumerable<string> Calls(MethodDefinition method) =>
        method
            .Body.Instructions.Where(code =>
                code.OpCode.Code is Code.Call or Code.Callvirt or Code.Newobj or Code.Ldftn
            )
            .Select(code => ((MethodReference)code.Operand).FullName);
}
