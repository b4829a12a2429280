using static TorchSharp.torch;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>Programs without weights that wait for the next plan of the same text. Thread-safe.</summary>
/// <remarks>
/// <para>
/// libtorch never frees what it makes of a program: a program of forty convolutions takes 5.8 MB, 1.3 of them when it
/// is loaded, and its disposal frees none of it. So programs wait here instead. Their number is bounded, the memory
/// budget of the CPU counts them (<see cref="IdleBytes"/>), and it drops them before it refuses a version
/// (<see cref="Trim"/>).
/// </para>
/// <para>
/// Dropping costs: the memory stays taken and is no longer counted, and the next plan of the same text takes as much
/// again.
/// </para>
/// </remarks>
internal sealed class ProgramCache
{
    // Programs of five and of forty convolutions take 0.7 and 5.8 MB, after some batches of one size.
    private const long BytesPerOperator = 150_000;

    private readonly Lock gate = new();
    private readonly int capacity;
    private readonly LinkedList<(string Key, jit.ScriptModule<Tensor, Tensor> Program, long Bytes)> idle = [];
    private long idleBytes;

    /// <summary>A cache.</summary>
    /// <param name="capacity">Programs that may wait.</param>
    public ProgramCache(int capacity = 64) => this.capacity = capacity;

    /// <summary>The cache of the process: programs are shared by all models.</summary>
    public static ProgramCache Shared { get; } = new();

    /// <summary>Estimated bytes of the programs that wait.</summary>
    public long IdleBytes
    {
        get
        {
            lock (gate)
                return idleBytes;
        }
    }

    /// <summary>Takes a program that waits; null when there is none. The caller owns it.</summary>
    /// <param name="key">The program's text and its device.</param>
    public jit.ScriptModule<Tensor, Tensor>? Take(string key)
    {
        lock (gate)
        {
            for (var node = idle.Last; node is not null; node = node.Previous)
            {
                if (node.Value.Key != key)
                    continue;
                Remove(node);
                return node.Value.Program;
            }

            return null;
        }
    }

    /// <summary>
    /// Lets a program wait; the cache owns it from here on. When there are too many, the one that has waited longest is
    /// dropped.
    /// </summary>
    /// <param name="key">The program's text and its device.</param>
    /// <param name="program">The program, its weights taken out.</param>
    /// <param name="operators">Number of operators in it.</param>
    public void Return(string key, jit.ScriptModule<Tensor, Tensor> program, int operators)
    {
        lock (gate)
        {
            idle.AddLast((key, program, operators * BytesPerOperator));
            idleBytes += operators * BytesPerOperator;
        }

        Drop(() => idle.Count > capacity);
    }

    /// <summary>Drops the programs that have waited longest, until the others take no more than some bytes.</summary>
    /// <param name="most">Most bytes, as <see cref="IdleBytes"/> counts them; at least 0.</param>
    public void Trim(long most) => Drop(() => idleBytes > most);

    private void Drop(Func<bool> areTooMany)
    {
        var dropped = new List<jit.ScriptModule<Tensor, Tensor>>();
        lock (gate)
        {
            while (areTooMany())
            {
                dropped.Add(idle.First!.Value.Program);
                Remove(idle.First);
            }
        }

        dropped.ForEach(program => program.Dispose());
    }

    private void Remove(LinkedListNode<(string Key, jit.ScriptModule<Tensor, Tensor> Program, long Bytes)> node)
    {
        idleBytes -= node.Value.Bytes;
        idle.Remove(node);
    }
}
