using System.Collections.Concurrent;
using ModelService.Models.Compilation;
using ModelService.Models.Compilation.Operators;
using ModelService.Models.Compilation.TorchScript;
using ModelService.Models.Definitions;
using static TorchSharp.torch;

namespace ModelService.Models.Runtime;

/// <summary>A plan in memory, its weights packed: one native call per batch. It owns its weights; whoever made it disposes it.</summary>
/// <remarks>
/// libtorch keeps the graphs that it makes of a program for good: hundreds of KB, however small the weights. So a program that is done with is not
/// thrown away; the next plan of the same text takes it.
/// </remarks>
internal sealed class CompiledPlan : IDisposable
{
    private static readonly ConcurrentDictionary<(string Code, string Device), ConcurrentBag<jit.ScriptModule<Tensor, Tensor>>> Idle = [];

    private readonly ConcurrentBag<jit.ScriptModule<Tensor, Tensor>> idle;
    private readonly jit.ScriptModule<Tensor, Tensor> program;
    private readonly IReadOnlyCollection<string> attributes;
    private bool isDisposed;

    /// <summary>Builds the plan's program and packs its weights.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="module">The network's module, float32; borrowed until this returns.</param>
    /// <param name="precision">What it computes in.</param>
    /// <param name="device">Where.</param>
    public CompiledPlan(Plan plan, BlockModule module, Precision precision, Device device)
    {
        var text = CodeWriter.Write(plan, precision);
        attributes = [.. text.Tensors.Keys];
        idle = Idle.GetOrAdd((text.Code, device.ToString()), _ => []);
        program = idle.TryTake(out var known) ? known : jit.load<Tensor, Tensor>(PlanArchive.Write(text), device);
        try
        {
            using var scope = NewDisposeScope();
            using var inference = inference_mode();
            var folded = new FoldedWeights(module.state_dict(), Precisions.ScalarType(precision));
            foreach (var (name, tensor) in text.Tensors)
            {
                if (tensor is not null) program.set_attribute(name, folded.Of(tensor).to(device));
            }

            program.invoke("prepare");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Computes <c>[N, ...output]</c> from <c>[N, ...input]</c>, both float32; the caller owns the result.</summary>
    public Tensor Forward(Tensor input) => program.call(input);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (isDisposed) return;
        isDisposed = true;
        using var nothing = empty(0);
        foreach (var name in attributes) program.set_attribute(name, nothing);
        idle.Add(program);
    }
}
