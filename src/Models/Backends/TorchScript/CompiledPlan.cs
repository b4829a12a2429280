using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Backends.Managed;
using ModelService.Models.Backends.Native;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>
/// A plan in memory with packed weights: one native call per batch, or none if this program's own code computes it. It
/// owns its weights; its creator disposes it.
/// </summary>
/// <remarks>
/// libtorch never frees the graphs that it makes of a program: hundreds of KB, however small the weights. So the
/// program of a disposed plan is kept, and the next plan with the same text and device takes it.
/// </remarks>
internal sealed class CompiledPlan : IDisposable
{
    private static readonly ConcurrentDictionary<
        (string Code, string Device),
        ConcurrentBag<jit.ScriptModule<Tensor, Tensor>>
    > IdlePrograms = [];

    // Below this number, waking the threads for the parts costs more than the parts save.
    private const long LeastMacsOfPart = 5_000_000;

    private readonly ManagedPlan? managed;
    private readonly ConcurrentBag<jit.ScriptModule<Tensor, Tensor>> idle = [];
    private readonly jit.ScriptModule<Tensor, Tensor>? program;
    private readonly IReadOnlyCollection<string> attributes = [];
    private readonly bool isOnCpu;
    private readonly long macs;
    private readonly long[] outputSizes;
    private bool isDisposed;

    /// <summary>Builds the plan's program and packs its weights.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="module">The network's module, float32; borrowed until this returns.</param>
    /// <param name="precision">The precision of the computation.</param>
    /// <param name="device">The device that computes.</param>
    public CompiledPlan(Plan plan, BlockModule module, Precision precision, Device device)
    {
        (isOnCpu, macs, outputSizes) = (
            device.type == DeviceType.CPU,
            plan.Operators.OfType<WeightedOperator>().Sum(item => item.Macs),
            [.. plan.Output.Shape.Sizes]
        );
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var folded = new FoldedWeights(module.state_dict(), Precisions.ScalarType(precision));
        if (plan.IsManaged)
        {
            managed = new ManagedPlan(plan, folded);
            return;
        }

        var text = CodeWriter.Write(plan, precision);
        attributes = [.. text.Tensors.Keys];
        idle = IdlePrograms.GetOrAdd((text.Code, device.ToString()), _ => []);
        program = idle.TryTake(out var reused) ? reused : jit.load<Tensor, Tensor>(PlanArchive.Write(text), device);
        try
        {
            foreach (var (name, tensor) in text.Tensors)
            {
                if (tensor is not null)
                    program.set_attribute(name, folded.Get(tensor).to(device));
            }

            program.invoke("prepare");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// Computes <c>[N, ...output]</c> from <c>[N, ...input]</c>, both float32; the caller owns the result.
    /// </summary>
    /// <param name="input">The batch, contiguous.</param>
    /// <param name="threads">
    /// Threads that compute parts of the batch side by side where that is faster; null: never.
    /// </param>
    public Tensor Forward(Tensor input, IntraBatchPool? threads = null)
    {
        if (managed is not null)
            return Forward(input, managed);
        if (threads is null || !isOnCpu || !IsDivided(input.shape[0], threads.Count, macs))
            return program!.call(input);
        using var scope = NewDisposeScope();
        var result = empty([input.shape[0], .. outputSizes]);
        var (from, to) = (input.chunk(threads.Count), result.chunk(threads.Count));
        threads.Run(number =>
        {
            using var partScope = NewDisposeScope();
            using var inference = inference_mode();
            to[number].copy_(program!.call(from[number]));
        });
        return result.MoveToOuterDisposeScope();
    }

    private Tensor Forward(Tensor input, ManagedPlan plan)
    {
        var from = MemoryMarshal.Cast<byte, float>(input.bytes);
        var count = from.Length / plan.InputCount;
        var result = empty([count, .. outputSizes]);
        var to = MemoryMarshal.Cast<byte, float>(result.bytes);
        var each = to.Length / count;
        for (var i = 0; i < count; i++)
            plan.Run(from.Slice(i * plan.InputCount, plan.InputCount), to.Slice(i * each, each));
        return result;
    }

    /// <summary>Whether a batch is computed in parts side by side.</summary>
    /// <param name="count">Inputs of the batch.</param>
    /// <param name="parts">Number of threads, each with one part.</param>
    /// <param name="macs">Multiply-accumulates for one input.</param>
    /// <remarks>
    /// A part has at least two inputs. For a single input, oneDNN packs some weights differently for one thread than
    /// for all threads, and the weights are packed for all threads (docs/decisions/0014).
    /// </remarks>
    internal static bool IsDivided(long count, int parts, long macs) =>
        parts > 1 && count % parts == 0 && count / parts > 1 && count / parts * macs >= LeastMacsOfPart;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        if (program is null)
            return;
        using var nothing = empty(0);
        foreach (var name in attributes)
            program.set_attribute(name, nothing);
        idle.Add(program);
    }
}
