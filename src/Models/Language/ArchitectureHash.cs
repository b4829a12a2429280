using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using ModelService.Models.Language.Writing;

namespace ModelService.Models.Language;

/// <summary>
/// The hash of an architecture: SHA-256 of its canonical form. Two architectures that are written the same have the
/// same hash. The canonical form is JSON without spaces: properties are sorted by name, properties that have their
/// default are left out, and equal sizes are written as one number.
/// </summary>
public static class ArchitectureHash
{
    /// <summary>Computes the hash, in lower-case hexadecimal.</summary>
    /// <param name="architecture">The network, after its base was looked up and its head replaced.</param>
    public static string Compute(ArchitectureDefinition architecture)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text))
            ArchitectureWriter.WriteRecord(architecture, canonical: true).WriteTo(json);
        return Convert.ToHexStringLower(SHA256.HashData(text.WrittenSpan));
    }
}
