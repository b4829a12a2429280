namespace ModelService.Api.Tests.Support;

/// <summary>The path of a file that is deleted when disposed.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"api-test-{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(Path);
}
