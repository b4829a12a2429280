using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using ModelService.Models.Language.Writing;

namespace ModelService.Models.Language;

/// <summary>
/// Tells whether two architectures are written the same: SHA-256 of a canonical form, which is JSON without spaces,
/// properties by name, those that have their default left out, equal sizes written as one number.
/// </summary>
public static class ArchitectureHash
{
    /// <summary>The hash, in hexadecimal.</summary>
    /// <param name="architecture">The network, its base looked up and its head put in.</param>
    public static string Compute(ArchitectureDefinition architecture)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text))
            ArchitectureWriter.WriteRecord(architecture, canonical: true).WriteTo(json);
        return Convert.ToHexStringLower(SHA256.HashData(text.WrittenSpan));
    }
}
