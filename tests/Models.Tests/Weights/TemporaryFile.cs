namespace ModelService.Models.Tests.Weights;

/// <summary>A file that is gone when the test is.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public TemporaryFile()
        : this([]) { }

    public TemporaryFile(ReadOnlySpan<byte> content) => File.WriteAllBytes(Path, content);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"weights-{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(Path);
}
