using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ModelService.Models.Tests.Storage;

/// <summary>
/// A data folder in which one file of a model, or the list of last uses, is damaged, and then restored.
/// </summary>
internal sealed class MutatedFolder
{
    private const string Manifest = "manifest.json",
        Definition = "definition.json";

    private static readonly string[] Values =
    [
        "null",
        "true",
        "\"text\"",
        "\"\"",
        "-1",
        "0",
        "0.5",
        "2147483647",
        "2147483648",
        "-9223372036854775808",
        "1e308",
        "1e999",
        "[]",
        "[null]",
        "{}",
        "{\"1\":null}",
        $"\"{new string('x', 5_000)}\"",
    ];

    private readonly string root;
    private readonly string model;
    private readonly string lastUses;
    private readonly Dictionary<string, byte[]> whole;
    private readonly byte[] uses;

    /// <summary>Remembers the folder as it is.</summary>
    /// <param name="root">The path of the data folder.</param>
    /// <param name="model">The path of the model's folder that is to be damaged.</param>
    public MutatedFolder(string root, string model)
    {
        (this.root, this.model, lastUses) = (root, model, Path.Combine(root, "last_uses.json"));
        (whole, uses) = (ReadModel(), File.ReadAllBytes(lastUses));
    }

    /// <summary>The model's files by their path in the folder of models, each as its hash.</summary>
    public Dictionary<string, string> Read() =>
        ReadModel().ToDictionary(pair => pair.Key, pair => Convert.ToHexString(SHA256.HashData(pair.Value)));

    /// <summary>Damages one file.</summary>
    /// <returns>What was done, in words.</returns>
    public string Mutate(Random random)
    {
        var files = whole.Keys.Where(file => file.EndsWith(".json", StringComparison.Ordinal)).Order().ToList();
        var place = random.Next(files.Count + 1);
        var path = place == files.Count ? lastUses : At(files[place]);
        var name = Path.GetRelativePath(root, path);
        switch (random.Next(8))
        {
            case 0 when path != lastUses:
                return MutateFolder(random, Path.GetDirectoryName(path)!);
            case 1:
                File.Delete(path);
                if (random.Next(2) == 0)
                    return $"{name} removed";
                Directory.CreateDirectory(path);
                return $"{name} replaced by a folder";
            case 2 or 3:
                var bytes = MutateBytes(random, File.ReadAllBytes(path));
                File.WriteAllBytes(path, bytes);
                return $"{name} is {Encoding.UTF8.GetString(bytes)}";
            default:
                var text = MutateJson(random, JsonNode.Parse(File.ReadAllText(path))!);
                File.WriteAllText(path, text);

                // Without the right hash, nothing else of a definition would be read.
                if (Path.GetFileName(path) == Definition)
                    FixHash(Path.GetDirectoryName(path)!);
                return $"{name} is {text}";
        }
    }

    /// <summary>Puts everything back.</summary>
    public void Restore()
    {
        Delete(lastUses);
        File.WriteAllBytes(lastUses, uses);
        var now = ReadModel();
        if (now.Count < whole.Count || now.Keys.Except(whole.Keys).Any())
        {
            var folders = Directory.GetFileSystemEntries(Path.GetDirectoryName(model)!, Path.GetFileName(model) + "*");
            Array.ForEach(folders, Delete);
            now.Clear();
        }

        foreach (var (file, content) in whole)
        {
            if (now.TryGetValue(file, out var found) && content.AsSpan().SequenceEqual(found))
                continue;
            Directory.CreateDirectory(Path.GetDirectoryName(At(file))!);
            File.WriteAllBytes(At(file), content);
        }
    }

    // Of a version or of the whole model.
    private static string MutateFolder(Random random, string path)
    {
        var name = Path.GetFileName(path);
        switch (random.Next(4))
        {
            case 0:
                Directory.Delete(path, recursive: true);
                return $"the folder {name} removed";
            case 1:
                Directory.Delete(path, recursive: true);
                File.WriteAllText(path, "a file");
                return $"the folder {name} replaced by a file";
            case 2:
                Directory.CreateDirectory(Path.Combine(path, "2147483647"));
                return $"a folder 2147483647 in {name}";
            default:
                Directory.Move(path, path + "0");
                return $"the folder {name} renamed to {name}0";
        }
    }

    private static byte[] MutateBytes(Random random, byte[] bytes)
    {
        var (from, to) = (random.Next(bytes.Length), random.Next(bytes.Length));
        (from, to) = (Math.Min(from, to), Math.Max(from, to));
        switch (random.Next(4))
        {
            case 0:
                return bytes[..from];
            case 1:
                return [.. bytes[..to], .. bytes[from..]];
            case 2:
                return [.. bytes[..from], .. bytes[to..]];
            default:
                for (var flips = random.Next(1, 4); flips > 0; flips--)
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
        }
    }

    // Replaces or removes one value, or repeats a property.
    private static string MutateJson(Random random, JsonNode json)
    {
        var nodes = new List<JsonNode>();
        Collect(json, nodes);
        var node = nodes[random.Next(nodes.Count)];
        const string Marker = "\"the place of the value\"";
        var value = Values[random.Next(Values.Length)];
        if (node.Parent is null)
            return value;
        var isRemoved = random.Next(4) == 0;
        if (node.Parent is JsonObject parent)
        {
            var key = node.GetPropertyName();
            if (isRemoved)
                parent.Remove(key);
            else if (random.Next(4) == 0)
                value = $"{node.ToJsonString()}, \"{key}\": {value}";
            if (!isRemoved)
                parent[key] = JsonNode.Parse(Marker);
        }
        else if (node.Parent is JsonArray list)
        {
            if (isRemoved)
                list.Remove(node);
            else
                list[node.GetElementIndex()] = JsonNode.Parse(Marker);
        }

        return json.ToJsonString().Replace(Marker, value, StringComparison.Ordinal);
    }

    private static void Collect(JsonNode node, List<JsonNode> nodes)
    {
        nodes.Add(node);
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject record => record.Select(property => property.Value),
            JsonArray list => list,
            _ => [],
        };
        foreach (var child in children.OfType<JsonNode>())
            Collect(child, nodes);
    }

    private static void FixHash(string version)
    {
        var definition = File.ReadAllBytes(Path.Combine(version, Definition));
        var path = Path.Combine(version, Manifest);
        var manifest = JsonNode.Parse(File.ReadAllText(path))!;
        manifest["files"]![Definition] = new JsonObject
        {
            ["bytes"] = definition.Length,
            ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(definition)),
        };
        File.WriteAllText(path, manifest.ToJsonString());
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        else
            File.Delete(path);
    }

    private Dictionary<string, byte[]> ReadModel() =>
        Directory
            .EnumerateFiles(Path.GetDirectoryName(model)!, "*", SearchOption.AllDirectories)
            .Where(file => file.StartsWith(model, StringComparison.Ordinal))
            .ToDictionary(file => Path.GetRelativePath(Path.GetDirectoryName(model)!, file), File.ReadAllBytes);

    private string At(string file) => Path.Combine(Path.GetDirectoryName(model)!, file);
}
