using ModelService.Models.Storage;

namespace ModelService.Models.Tests.Storage;

/// <summary>
/// Damage in the data folder that once kept the server from starting, or lost data. Each damaged model or version fails
/// alone, with its reason, and nothing of it is overwritten or deleted.
/// </summary>
public sealed class DamagedModelTests : IDisposable
{
    private static readonly CancellationToken Token = CancellationToken.None;

    private readonly string root = Directory.CreateTempSubdirectory("store-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [InlineData("""{ "labels": { "1": null } }""", "model.json is damaged: the value at $, line 1, can't be read.")]
    [InlineData("""{ "labels": { "1": ["a", null] } }""", "model.json is damaged: the value at $, line 1,")]
    [InlineData("""{ "labels": { "x": [] } }""", "model.json is damaged: the value at $.labels")]
    [InlineData("""{ "last_version": 2147483648 }""", "model.json is damaged: the value at $.last_version, line 1,")]
    [InlineData("""{ "schema": 99 }""", "model.json has schema 99, written by a newer server")]
    [InlineData("null", "model.json is damaged: the value at $, line 1, can't be read.")]
    [InlineData("", "model.json is damaged: the value at $, line 1, can't be read.")]
    public async Task Open_DamagedSettings_FailTheModelAlone(string settings, string damage)
    {
        await WriteAsync();
        await File.WriteAllTextAsync(At("pets", "model.json"), settings, Token);

        var (pets, dogs) = await ReadAsync();

        Assert.StartsWith(damage, pets.Damage, StringComparison.Ordinal);
        Assert.All(pets.Versions, version => Assert.Equal(pets.Damage, version.Damage));
        Assert.Equal([1, 2], pets.Versions.Select(version => version.Version));
        IsWhole(dogs);
        Assert.Equal(settings, await File.ReadAllTextAsync(At("pets", "model.json"), Token));
    }

    [Theory]
    [InlineData("\"definition.json\": {", "\"weights.json\": null, \"definition.json\": {", "$")]
    [InlineData("\"fc.bias\"", "null", "$")]
    [InlineData("\"weights\": \"partial\"", "\"weights\": 7", "$.weights")]
    [InlineData("\"weights\": \"partial\"", "\"weights\": \"partial\", \"samples\": { \"count\": 1 }", "$.samples")]
    [InlineData("\"version\": 2", "\"version\": 4294967298", "$.version")]
    public async Task Open_DamagedManifest_FailsTheVersionAlone(string found, string changed, string place)
    {
        await WriteAsync();
        var path = At("pets", "2", "manifest.json");
        var text = await File.ReadAllTextAsync(path, Token);
        Assert.Contains(found, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, text.Replace(found, changed, StringComparison.Ordinal), Token);

        var (pets, dogs) = await ReadAsync();

        Assert.Null(pets.Damage);
        Assert.Null(pets.Versions[0].Damage);
        Assert.StartsWith(
            $"manifest.json is damaged: the value at {place}, line",
            pets.Versions[1].Damage,
            StringComparison.Ordinal
        );
        IsWhole(dogs);
    }

    [Fact]
    public async Task Open_FileInThePlaceOfAVersion_KeepsItAndTheReplacedVersion()
    {
        await WriteAsync();
        Directory.Move(At("pets", "2"), At("pets", "2.old"));
        await File.WriteAllTextAsync(At("pets", "2"), "a file", Token);

        var (pets, dogs) = await ReadAsync();

        Assert.Null(pets.Versions[0].Damage);
        Assert.Equal("2 is a file, and must be the folder of the version.", pets.Versions[1].Damage);
        IsWhole(dogs);
        Assert.Equal("a file", await File.ReadAllTextAsync(At("pets", "2"), Token));
        Assert.True(File.Exists(At("pets", "2.old", "manifest.json")));
    }

    [Fact]
    public async Task Open_DamagedVersionBesideTheReplacedOne_KeepsBoth()
    {
        await WriteAsync();
        Copy(At("pets", "2"), At("pets", "2.old"));
        await File.WriteAllTextAsync(At("pets", "2", "definition.json"), "{}", Token);

        var (pets, _) = await ReadAsync();

        Assert.StartsWith("definition.json is damaged", pets.Versions[1].Damage, StringComparison.Ordinal);
        Assert.True(File.Exists(At("pets", "2.old", "manifest.json")));
    }

    [Fact]
    public async Task Remove_DamagedVersion_RemovesAllThatIsLeftOfIt()
    {
        await WriteAsync();
        Directory.Move(At("pets", "2"), At("pets", "2.old"));
        await File.WriteAllTextAsync(At("pets", "2"), "a file", Token);
        using (var store = StoreFactory.Create(root, readOnly: false, out var folder))
        using (folder)
        {
            await store.OpenAsync(Token);
            await store.RemoveAsync("pets", 2);
        }

        var (pets, _) = await ReadAsync();

        Assert.Equal(1, Assert.Single(pets.Versions).Version);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(root, ".staging")));
    }

    [Fact]
    public async Task Open_ModelWithoutItsVersions_TakesItsNameAndIsDamaged()
    {
        await WriteAsync();
        await File.WriteAllTextAsync(At("pets", "model.json"), """{ "last_version": 2 }""", Token);
        Directory.Delete(At("pets", "1"), recursive: true);
        Directory.Delete(At("pets", "2"), recursive: true);

        var (pets, dogs) = await ReadAsync();

        Assert.Equal("The folders of its versions are missing.", pets.Damage);
        Assert.Equal((2, pets.Damage), (Assert.Single(pets.Versions).Version, pets.Versions[0].Damage));
        IsWhole(dogs);
    }

    [Fact]
    public async Task Open_ForeignFoldersThatLookLikeReplacedVersions_StayWhereTheyAre()
    {
        await WriteAsync();
        Directory.CreateDirectory(At("pets", "notes.old"));
        Directory.CreateDirectory(At("pets", "03.old"));

        var (pets, _) = await ReadAsync();

        IsWhole(pets);
        Assert.True(Directory.Exists(At("pets", "notes.old")) && Directory.Exists(At("pets", "03.old")));
    }

    private static void IsWhole(StoredModel model)
    {
        Assert.Null(model.Damage);
        Assert.All(model.Versions, version => Assert.Null(version.Damage));
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private string At(params string[] parts) => Path.Combine([root, "models", .. parts]);

    // The models pets, with two versions, and dogs, with one.
    private async Task WriteAsync()
    {
        using var store = StoreFactory.Create(root, readOnly: false, out var folder);
        using var closing = folder;
        await store.OpenAsync(Token);
        await store.PutVersionAsync(ModelStoreContract.Version("pets", 1, "abc"), Token);
        await store.PutVersionAsync(ModelStoreContract.Version("pets", 2, "abc"), Token);
        await store.PutVersionAsync(ModelStoreContract.Version("dogs", 1, "abc"), Token);
    }

    private async Task<(StoredModel Pets, StoredModel Dogs)> ReadAsync()
    {
        using var store = StoreFactory.Create(root, readOnly: false, out var folder);
        using var closing = folder;
        var models = await store.OpenAsync(Token);
        Assert.Equal(["dogs", "pets"], models.Select(model => model.Name).Order());
        return (models.Single(model => model.Name == "pets"), models.Single(model => model.Name == "dogs"));
    }
}
