using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ModelService.Imaging.Augmentation;

/// <summary>
/// Random numbers that depend on a seed, an epoch and a picture, and on nothing else: SplitMix64 from a hash of the
/// three. The same on every machine, in any order of the pictures, and after a restart.
/// </summary>
public sealed class AugmentationRandom
{
    private const ulong Step = 0x9E3779B97F4A7C15;
    private ulong state;

    /// <summary>Starts the numbers of one picture in one epoch.</summary>
    /// <param name="seed">The seed of the whole training.</param>
    /// <param name="epoch">The epoch, or the number of a view.</param>
    /// <param name="image">What tells the picture from all others.</param>
    public AugmentationRandom(long seed, long epoch, string image)
    {
        ArgumentNullException.ThrowIfNull(image);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(image), hash);
        state = Mix(Mix(unchecked((ulong)seed + Step)) + unchecked((ulong)epoch));
        state = Mix(state ^ BinaryPrimitives.ReadUInt64LittleEndian(hash));
    }

    /// <summary>The next 64 bits.</summary>
    public ulong NextBits()
    {
        state += Step;
        return Mix(state);
    }

    /// <summary>The next number of 0 to 1, without 1.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>The next number of a range.</summary>
    /// <param name="least">The least number.</param>
    /// <param name="greatest">The greatest number.</param>
    public double Uniform(double least, double greatest) => least + ((greatest - least) * NextDouble());

    /// <summary>The next whole number of 0 to <paramref name="count"/> - 1.</summary>
    /// <param name="count">How many numbers there are; at least 1.</param>
    public int NextBelow(int count) => (int)Math.BigMul(NextBits(), (ulong)count, out _);

    /// <summary>Whether something that happens to a share of the pictures happens.</summary>
    /// <param name="share">The share, 0 to 1.</param>
    public bool Chance(double share) => NextDouble() < share;

    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
