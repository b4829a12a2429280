using static TorchSharp.torch;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>
/// Programs without weights that wait for the next plan of the same text. libtorch never frees the graphs that it makes
/// of a program, so to throw one away would lose its memory for good. Thread-safe.
/// </summary>
/// <remarks>
/// What waits is bounded, and counted in the memory budget of the CPU: <see cref="IdleBytes"/>. A program that finds no
/// room is disposed; its graphs stay, which can't be helped, but nothing else does.
/// </remarks>
internal sealed class ProgramCache
{
    // Estimated for a network of some tens of layers; five layers take 360 KB (docs/decisions/0006).
    private const long BytesPerProgram = 1L << 20;

    private readonly Lock gate = new();
    private readonly int capacity;
    private readonly LinkedList<(string Key, jit.ScriptModule<Tensor, Tensor> Program)> idle = [];

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
                return idle.Count * BytesPerProgram;
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
                idle.Remove(node);
                return node.Value.Program;
            }

            return null;
        }
    }

    /// <summary>
    /// Lets a program wait; the cache owns it from here on. When there is no room, the one that waits longest goes.
    /// </summary>
    /// <param name="key">The program's text and its device.</param>
    /// <param name="program">The program, its weights taken out.</param>
    public void Return(string key, jit.ScriptModule<Tensor, Tensor> program)
    {
        jit.ScriptModule<Tensor, Tensor>? oldest = null;
        lock (gate)
        {
            idle.AddLast((key, program));
            if (idle.Count > capacity)
            {
                oldest = idle.First!.Value.Program;
                idle.RemoveFirst();
            }
        }

        oldest?.Dispose();
    }
}
